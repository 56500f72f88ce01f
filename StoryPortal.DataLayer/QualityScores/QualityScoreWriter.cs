using Microsoft.Extensions.Options;
using NpgsqlTypes;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>Single quality scores, many to a commit.</summary>
public sealed class QualityScoreWriter(
    StoryDatabase database, StoryCache cache, IOptions<GroupCommitOptions> options, GroupCommitMetrics metrics, TimeProvider time, ILogger<QualityScoreWriter> logger)
    : GroupCommitWriter<QualityScore>("quality scores", options, metrics, time, logger)
{
    private const int BytesBesideDimensions = 1024;

    private static readonly Query InsertQuery = new("quality_scores.insert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.quality_scores ({QualityScoreStore.StoredColumns}) SELECT * FROM unnest(
            $1::uuid[], $2::text[], $3::text[], $4::float8[], $5::jsonb[], $6::timestamptz[], $7::text[])
        ON CONFLICT (id) DO NOTHING
        RETURNING id
        """);

    /// <inheritdoc/>
    protected override Guid IdOf(QualityScore row) => row.Id;

    /// <inheritdoc/>
    protected override int BytesOf(QualityScore row) => row.Dimensions.Utf8.Length + BytesBesideDimensions;

    /// <inheritdoc/>
    /// <remarks>Whatever a commit changed is invalidated once for all of its rows.</remarks>
    protected override Task<HashSet<Guid>> InsertAsync(IReadOnlyList<QualityScore> rows) =>
        cache.InvalidateAfterAsync(CommitAsync(rows), created => created.Count > 0, CacheTag.QualityScores);

    private async Task<HashSet<Guid>> CommitAsync(IReadOnlyList<QualityScore> rows)
    {
        var created = await database.ListAsync(InsertQuery,
        [
            Sql.Column(rows, static score => score.Id, NpgsqlDbType.Uuid),
            Sql.Column(rows, static score => score.ComponentType, NpgsqlDbType.Text),
            Sql.Column(rows, static score => score.ComponentId, NpgsqlDbType.Text),
            Sql.Column(rows, static score => score.OverallScore, NpgsqlDbType.Double),
            Sql.Column(rows, static score => score.Dimensions.Utf8, NpgsqlDbType.Jsonb),
            Sql.Column(rows, static score => score.CalculatedAt.UtcDateTime, NpgsqlDbType.TimestampTz),
            Sql.Column(rows, static score => EnumText<Assessment>.Of(score.Assessment), NpgsqlDbType.Text),
        ], static row => row.GetGuid(0), CancellationToken.None);
        return [.. created];
    }
}
