using System.Diagnostics;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Reads;

/// <summary>The p95 of a query at the store, from the wait for a connection to the last row.</summary>
internal sealed class ReadBenchmark(ReadQuery query) : ValueBenchmark($"reads/{query.Name}", "p95 at the store", "ms")
{
    public override Task PrepareAsync(BenchmarkEnvironment environment) => MeasureAsync(environment);

    protected override async Task<double> MeasureAsync(BenchmarkEnvironment environment)
    {
        var stores = environment.Stores;
        var random = new Random(1);
        var times = new double[environment.Options.Quick ? 200 : 500];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await query.RunAsync(stores, random, environment.Stopped);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times.Percentile(0.95);
    }
}
