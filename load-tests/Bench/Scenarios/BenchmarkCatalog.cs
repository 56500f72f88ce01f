using StoryPortal.Bench.Scenarios.Batch;
using StoryPortal.Bench.Scenarios.Cache;
using StoryPortal.Bench.Scenarios.Gateway;
using StoryPortal.Bench.Scenarios.Ingest;
using StoryPortal.Bench.Scenarios.Reads;
using StoryPortal.Bench.Scenarios.Resources;

namespace StoryPortal.Bench.Scenarios;

/// <summary>Every benchmark, in the order in which they run: reads before writes that make the tables grow, outages last.</summary>
internal static class BenchmarkCatalog
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Benchmark> All =>
    [
        new StartBenchmark(),
        new IdleBenchmark(),
        .. ReadQueries.All.SelectMany(query => new Benchmark[] { new ReadBenchmark(query), new GrowthBenchmark(query) }),
        new StatsBenchmark(),
        new SearchBenchmark(),
        new CachedGetBenchmark(),
        .. HitRateBenchmark.All,
        new MemoryBenchmark(),
        .. ProxyBenchmark.All,
        new UnauthorizedBenchmark(),
        new RateLimitedBenchmark(),
        new BatchBenchmark(),
        new SingleEventBenchmark(),
        .. BulkBenchmark.All,
        new ConnectionsBenchmark(),
        new RedisOutageBenchmark(RedisOutage.Frozen),
        new RedisOutageBenchmark(RedisOutage.Stopped),
    ];

    /// <summary>The ones that <paramref name="options"/> select; one that is named is measured with <c>--quick</c> as well.</summary>
    public static IReadOnlyList<Benchmark> Select(BenchmarkOptions options) => options.Names.Count > 0
        ? [.. All.Where(benchmark => options.Names.Any(name => benchmark.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))]
        : [.. All.Where(benchmark => benchmark.IsQuick || !options.Quick)];
}
