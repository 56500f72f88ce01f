using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>Quality scores in Postgres.</summary>
public sealed class QualityScoreStore(StoryDatabase database, StoryCache cache, QualityScoreWriter writer)
{
    private const int TypeIs = 0;
    private const int ComponentIs = 1;
    private const int After = 2;

    private static readonly ColumnMap<QualityScore> Map = QualityScore.Map;

    private static readonly FilteredQuery ListQuery = new("quality_scores.list", QueryClass.Simple,
        $"SELECT {Map.List} FROM mcp_documents.quality_scores {{where}} ORDER BY calculated_at DESC, id DESC LIMIT ?",
        "component_type = ?", "component_id = ?", "(calculated_at, id) < (?, ?)");

    private static readonly Query GetQuery = new("quality_scores.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Map.List} FROM mcp_documents.quality_scores WHERE id = $1");

    // From component to component through the index, one step each: the history of a component is never read.
    private static readonly Query SummaryQuery = new("quality_scores.summary", QueryClass.Aggregate, QueryAccess.Read, """
        WITH RECURSIVE latest AS (
            (SELECT component_type, component_id, overall_score, assessment FROM mcp_documents.quality_scores
             ORDER BY component_type, component_id, calculated_at DESC LIMIT 1)
            UNION ALL
            SELECT next.* FROM latest CROSS JOIN LATERAL (
                SELECT component_type, component_id, overall_score, assessment FROM mcp_documents.quality_scores
                WHERE (component_type, component_id) > (latest.component_type, latest.component_id)
                ORDER BY component_type, component_id, calculated_at DESC LIMIT 1) next)
        SELECT component_type, count(*), avg(overall_score), min(overall_score), count(*) FILTER (WHERE assessment = 'good'),
               count(*) FILTER (WHERE assessment = 'warning'), count(*) FILTER (WHERE assessment = 'critical')
        FROM latest GROUP BY component_type ORDER BY component_type
        """);

    private static readonly BulkUpsert Batch = new(
        Map.CreateStaging, Map.CopyIntoStaging, new Query("quality_scores.batch", QueryClass.Aggregate, QueryAccess.Write, Map.InsertStaged));

    /// <summary>One page of quality scores, newest first.</summary>
    public IAsyncEnumerable<QualityScore> ListAsync(QualityScoreFilter filter, CancellationToken cancellationToken) =>
        database.RowsAsync(
            ListQuery.Filter()
                .When(TypeIs, filter.ComponentType)
                .When(ComponentIs, filter.ComponentId)
                .When(After, filter.After)
                .Then(Sql.Int(filter.Limit)),
            Map.Read, cancellationToken);

    /// <summary>One quality score, or null.</summary>
    public Task<QualityScore?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id)], Map.Read, cancellationToken);

    /// <summary>How the components of each kind are.</summary>
    public Task<List<QualitySummary>> SummaryAsync(CancellationToken cancellationToken) =>
        database.ListAsync(SummaryQuery, [], row => new QualitySummary(
            row.GetString(0), row.GetInt64(1), row.GetDouble(2), row.GetDouble(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6)), cancellationToken);

    /// <summary>Stores a quality score; when its id is there already, nothing changes. Returns what is stored, and whether it is new.</summary>
    public async Task<(QualityScore Score, bool Created)> InsertAsync(QualityScore score, CancellationToken cancellationToken)
    {
        QualityScore? stored = null;
        while (stored is null)
        {
            if (await writer.WriteAsync(score, cancellationToken))
            {
                return (score, true);
            }

            // Not inserted means that it is there; if retention took it in between, it is inserted after all.
            stored = await GetAsync(score.Id, cancellationToken);
        }

        return (stored, false);
    }

    /// <summary>Stores many quality scores, all or none; those whose id is there already change nothing.</summary>
    public Task<QualityScoreBatchResult> InsertManyAsync(IReadOnlyList<QualityScore> scores, CancellationToken cancellationToken)
    {
        // By id: two batches with the same scores lock them in the same order.
        var sorted = scores.OrderBy(score => score.Id).ToList();
        var written = Batch.WriteAsync(database, sorted, Map.WriteAsync, reader =>
        {
            var accepted = reader.GetInt32(0);
            return new QualityScoreBatchResult(accepted, scores.Count - accepted);
        }, cancellationToken);
        return cache.InvalidateAfterAsync(written, result => result.Accepted > 0, CacheTag.QualityScores);
    }
}
