using StoryPortal.Bench.Rows.Batch;
using StoryPortal.Bench.Rows.Cache;
using StoryPortal.Bench.Rows.Gateway;
using StoryPortal.Bench.Rows.Ingest;
using StoryPortal.Bench.Rows.Reads;
using StoryPortal.Bench.Rows.Resources;

namespace StoryPortal.Bench.Rows;

/// <summary>Every row, in the order in which they run: reads before what makes the tables grow.</summary>
internal static class AllRows
{
    private static IEnumerable<Row> All =>
    [
        new StartRow(),
        new IdleRow(),
        .. ReadRow.All,
        new StatsRow(),
        new SearchRow(),
        new CachedGetRow(),
        .. HitRateRow.All,
        RedisOutageRow.Frozen,
        .. ProxyRow.All,
        new UnauthorizedRow(),
        new RateLimitedRow(),
        new BatchRow(),
        new SingleEventRow(),
        .. BulkRow.All,
        .. MemoryRow.All,
        new ConnectionsRow(),
        RedisOutageRow.Stopped,
    ];

    /// <summary>Those whose name contains one of <paramref name="names"/>; all when there is none.</summary>
    public static IReadOnlyList<Row> Named(IReadOnlyList<string> names) =>
        [.. All.Where(row => names.Count == 0 || names.Any(name => row.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))];
}
