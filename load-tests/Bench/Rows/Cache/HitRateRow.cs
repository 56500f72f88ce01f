using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Cache;

/// <summary>How many of the hub's cache lookups were answered from memory or Redis, under the mixed load.</summary>
/// <param name="tier">The <c>cache_type</c>, or null for all of them.</param>
/// <param name="aim">The share that has to be reached.</param>
internal sealed partial class HitRateRow(string? tier, double aim) : Row($"cache/hit rate, {tier ?? "all tiers"}", "hits", "lookups", "lookups", aim)
{
    private const int WarmUpRounds = 2;

    private static (IReadOnlyDictionary<string, double> Hits, IReadOnlyDictionary<string, double> Misses)? s_counted;

    public static IEnumerable<HitRateRow> All => [new("agent_metadata", 0.8), new("service_registry", 0.95), new("user_sessions", 0.9), new(null, 0.8)];

    public override int Runs(BenchOptions options) => 1;

    public override async Task PrepareAsync(Stage stage)
    {
        if (s_counted is null)
        {
            // Hit rates are those of a system that has been used for a while; a session lives in the cache for an hour.
            for (var round = 0; round < WarmUpRounds; round++)
            {
                await MixedLoad.RunAsync(stage, stage.Hub, round);
            }

            var before = await CountAsync(stage);
            await MixedLoad.RunAsync(stage, stage.Hub, WarmUpRounds);
            var after = await CountAsync(stage);
            s_counted = (Difference(after.Hits, before.Hits), Difference(after.Misses, before.Misses));
        }

        if (Sum(s_counted.Value.Hits) + Sum(s_counted.Value.Misses) == 0)
        {
            throw new NotThereYetException($"cache_hits_total and cache_misses_total of {tier ?? "any tier"}");
        }
    }

    public override Task<double> MeasureAAsync(Stage stage) => Task.FromResult(Sum(s_counted!.Value.Hits));

    public override Task<double> MeasureBAsync(Stage stage) => Task.FromResult(Sum(s_counted!.Value.Hits) + Sum(s_counted.Value.Misses));

    private double Sum(IReadOnlyDictionary<string, double> counts) => tier is null ? counts.Values.Sum() : counts.GetValueOrDefault(tier);

    private static async Task<(Dictionary<string, double> Hits, Dictionary<string, double> Misses)> CountAsync(Stage stage)
    {
        var metrics = await stage.Hub.GetStringAsync(new Uri("/metrics", UriKind.Relative), stage.Stopped);
        return (Counts(metrics, "hits"), Counts(metrics, "misses"));
    }

    private static Dictionary<string, double> Counts(string metrics, string what) => Counter().Matches(metrics)
        .Where(line => line.Groups["what"].Value == what)
        .GroupBy(line => line.Groups["tier"].Value, line => double.Parse(line.Groups["count"].ValueSpan, CultureInfo.InvariantCulture))
        .ToDictionary(group => group.Key, group => group.Sum());

    private static Dictionary<string, double> Difference(Dictionary<string, double> after, Dictionary<string, double> before) =>
        after.ToDictionary(count => count.Key, count => count.Value - before.GetValueOrDefault(count.Key));

    [GeneratedRegex("""^cache_(?<what>hits|misses)_total\{[^}]*cache_type="(?<tier>\w+)"[^}]*\} (?<count>[0-9.e+]+)""", RegexOptions.Multiline)]
    private static partial Regex Counter();
}
