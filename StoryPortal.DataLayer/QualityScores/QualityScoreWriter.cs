using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>Single quality scores, many to a commit.</summary>
public sealed class QualityScoreWriter(
    StoryDatabase database, StoryCache cache, IOptions<GroupCommitOptions> options, GroupCommitMetrics metrics, TimeProvider time, ILogger<QualityScoreWriter> logger)
    : GroupCommitWriter<QualityScore>("quality scores", options, metrics, time, logger)
{
    private const int BytesBesideDimensions = 1024;

    private static readonly Query InsertQuery = new("quality_scores.insert", QueryClass.Simple, QueryAccess.Write,
        $"{QualityScore.Map.InsertManyInto} ON CONFLICT (id) DO NOTHING RETURNING id");

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
        var created = await database.ListAsync(
            InsertQuery, QualityScore.Map.ToColumnParameters(rows), static row => row.GetGuid(0), CancellationToken.None);
        return [.. created];
    }
}
