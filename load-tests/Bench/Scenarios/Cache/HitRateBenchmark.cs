using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Cache;

/// <summary>The share of the hub's cache lookups that hit memory or Redis, under the mixed load.</summary>
/// <param name="tier">The <c>cache_type</c>, or null for all of them.</param>
internal sealed partial class HitRateBenchmark(string? tier)
    : Benchmark($"cache/hit rate, {tier ?? "all tiers"}", "hits", "lookups", "lookups")
{
    private const int WarmUpRounds = 2;

    private static (IReadOnlyDictionary<string, double> Hits, IReadOnlyDictionary<string, double> Misses)? s_counts;

    public static IEnumerable<HitRateBenchmark> All => [new("agent_metadata"), new("service_registry"), new("user_sessions"), new(null)];

    public override int Pairs(BenchmarkOptions options) => 1;

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        if (s_counts is not null)
        {
            return; // one load counts for all tiers
        }

        // Hit rates are those of a system after some use: a session stays in the cache for an hour.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await MixedLoad.RunAsync(environment, environment.Hub, round);
        }

        var before = await CountAsync(environment);
        await MixedLoad.RunAsync(environment, environment.Hub, WarmUpRounds);
        var after = await CountAsync(environment);
        s_counts = (Difference(after.Hits, before.Hits), Difference(after.Misses, before.Misses));
    }

    public override Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment, PairRecorder recorder)
    {
        var (hits, misses) = (Sum(s_counts!.Value.Hits), Sum(s_counts.Value.Misses));
        return hits + misses > 0
            ? Task.FromResult(new Pair(hits, hits + misses))
            : throw new MeasurementFailedException($"The hub's /metrics has no lookups of {tier ?? "any tier"}.");
    }

    private double Sum(IReadOnlyDictionary<string, double> counts) => tier is null ? counts.Values.Sum() : counts.GetValueOrDefault(tier);

    private static async Task<(Dictionary<string, double> Hits, Dictionary<string, double> Misses)> CountAsync(
        BenchmarkEnvironment environment)
    {
        var metrics = await environment.Hub.GetStringAsync(new Uri("/metrics", UriKind.Relative), environment.Stopped);
        return (Counts(metrics, "hits"), Counts(metrics, "misses"));
    }

    private static Dictionary<string, double> Counts(string metrics, string what) => Counter().Matches(metrics)
        .Where(line => line.Groups["what"].Value == what)
        .GroupBy(line => line.Groups["tier"].Value, line => double.Parse(line.Groups["count"].ValueSpan, CultureInfo.InvariantCulture))
        .ToDictionary(group => group.Key, group => group.Sum());

    private static Dictionary<string, double> Difference(Dictionary<string, double> after, Dictionary<string, double> before) =>
        after.ToDictionary(count => count.Key, count => count.Value - before.GetValueOrDefault(count.Key));

    [GeneratedRegex(
        """^cache_(?<what>hits|misses)_total\{[^}]*cache_type="(?<tier>\w+)"[^}]*\} (?<count>[0-9.e+]+)""", RegexOptions.Multiline)]
    private static partial Regex Counter();
}
