using System.Diagnostics;
using System.Globalization;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Reads;

/// <summary>
/// The p95 of event statistics over thirty days at the hub's endpoint: an upper bound of the query's own time. Each call has another
/// window, so that no response is cached.
/// </summary>
internal sealed class StatsBenchmark() : ValueBenchmark("reads/event stats over 30 days", "p95 at the hub", "ms")
{
    private readonly Random _random = new(1);

    public override Task PrepareAsync(BenchmarkEnvironment environment) => TimeAsync(environment);

    protected override async Task<double> MeasureAsync(BenchmarkEnvironment environment)
    {
        var times = new double[environment.Options.Quick ? 20 : 40];
        for (var i = 0; i < times.Length; i++)
        {
            times[i] = await TimeAsync(environment);
        }

        return times.Percentile(0.95);
    }

    private async Task<double> TimeAsync(BenchmarkEnvironment environment)
    {
        var to = DateTimeOffset.UtcNow.AddSeconds(-_random.Next(86_400));
        var start = Stopwatch.GetTimestamp();
        using var response = await environment.Hub.GetAsync(
            new Uri($"/v1/events/stats?from={Text(to.AddDays(-30))}&to={Text(to)}", UriKind.Relative), environment.Stopped);
        response.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
