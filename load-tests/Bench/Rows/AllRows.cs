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
        new MemoryRow(),
        RedisOutageRow.Frozen,
        .. ProxyRow.All,
        new UnauthorizedRow(),
        new RateLimitedRow(),
        new BatchRow(),
        new SingleEventRow(),
        .. BulkRow.All,
        new ConnectionsRow(),
        RedisOutageRow.Stopped,
    ];

    /// <summary>Those that are asked for.</summary>
    public static IReadOnlyList<Row> Of(BenchOptions options) =>
        [.. All.Where(row => (row.IsQuick || !options.Quick) && (options.Names.Count == 0 || options.Names.Any(name => row.Name.Contains(name, StringComparison.OrdinalIgnoreCase))))];
}
