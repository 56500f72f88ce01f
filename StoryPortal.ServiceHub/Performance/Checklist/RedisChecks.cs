using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>Whether Redis is used as it should be.</summary>
internal sealed class RedisChecks(RedisDiagnostics redis) : ICheckGroup
{
    private const int MostKeys = 2000;
    private const int MostNamed = 5;

    public string Name => "Redis";

    public IEnumerable<Check> Checks =>
    [
        new("ttl", "Every key has a time to live", "Find who writes the key and give it a TTL: `SET key value PX …`.", TimesToLiveAsync),
        new("maxmemory", "Memory is bounded, and the least used keys give way", "Start Redis with --maxmemory 512mb --maxmemory-policy allkeys-lru.", MemoryAsync),
        new("pipelining", "Commands are pipelined on one connection", "Send commands on the shared multiplexer and await them together; no connection for each call.", PipeliningAsync),
        new("hit_rates", "Every tier of the cache reaches its hit rate", "Warm the cache (POST /v1/admin/cache/warm), look for writes that invalidate too much, or give the tier more memory.", HitRatesAsync),
        new("warming", "The cache was warmed", "Let the data-layer worker reach Redis and Postgres: it warms the cache when it starts; POST /v1/admin/cache/warm does so now.", WarmingAsync),
    ];

    private async Task<Finding> TimesToLiveAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var (seen, endless) = await redis.EndlessKeysAsync(MostKeys, cancellationToken);
        return seen == 0
            ? Finding.Unknown("Redis holds no key.")
            : Finding.Of(endless.Count == 0, endless.Count == 0
                ? $"{seen} keys looked at, each with a time to live."
                : $"{endless.Count} of {seen} keys have none: {string.Join(", ", endless.Take(MostNamed))}");
    }

    private async Task<Finding> MemoryAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var info = await redis.InfoAsync();
        var (bound, policy) = (RedisDiagnostics.Number(info, "maxmemory") ?? 0, info.GetValueOrDefault("maxmemory_policy", "unknown"));
        return Finding.Of(bound is > 0 and <= 512 * 1024 * 1024 && policy == "allkeys-lru", $"maxmemory is {bound / 1024 / 1024:0} MiB, the policy is {policy}, {info.GetValueOrDefault("used_memory_human")} are used.");
    }

    private async Task<Finding> PipeliningAsync(CheckContext context, CancellationToken cancellationToken) =>
        await redis.PipeliningAsync() is var (commands, reads)
            ? Finding.Of(reads * 2 <= commands, $"For {commands} commands that were sent at once Redis had to read {reads} times.")
            : Finding.Unknown("This server does not count how often it reads.");

    private Task<Finding> HitRatesAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var rows = Slos.All.Where(target => target.Area == "cache").Select(context.Snapshots.Row).ToList();
        var known = rows.Where(row => row.Status != RowStatus.NoData).ToList();
        var evidence = string.Join("; ", known.Select(row => $"{row.What}: {row.Current:0.0} % of {row.Samples} lookups, more than {row.Target} % are wanted"));
        return Task.FromResult(known.Exists(row => row.Status == RowStatus.Missed) ? Finding.Of(false, evidence)
            : known.Count < rows.Count ? Finding.Unknown($"Too few lookups in the last five minutes: {string.Join(", ", rows.Except(known).Select(row => row.Id))}.")
            : Finding.Of(true, evidence));
    }

    private Task<Finding> WarmingAsync(CheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(context.Snapshots.Highest(MetricNames.Warmed) is not null
            ? Finding.Of(true, "A warm-up was done since the worker started.")
            : context.Unheard.Any(process => process.Service == "data-layer") || context.Snapshots.Processes.All(process => process.Service != "data-layer")
                ? Finding.Unknown("The worker, which warms the cache, cannot be heard.")
                : Finding.Of(false, "The worker runs and has not warmed the cache."));
}
