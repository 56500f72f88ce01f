using System.Diagnostics;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Reads;

/// <summary>
/// The p95 of a query over all rows, compared with a tenth of them. Calls of both databases alternate, since a call takes less than a
/// millisecond: a pause of the machine during one of two separate series would count as growth.
/// </summary>
internal sealed class GrowthBenchmark(ReadQuery query)
    : Benchmark($"reads/{query.Name}, growth", "p95 with all rows", "p95 with a tenth of them", "ms")
{
    private const int Calls = 500;

    public override async Task PrepareAsync(BenchmarkEnvironment environment) => await MeasurePairAsync(environment);

    public override Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment, PairRecorder recorder) => MeasurePairAsync(environment);

    private async Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment)
    {
        var small = await environment.GetSmallStoresAsync();
        var (largeTimes, smallTimes) = (new double[Calls], new double[Calls]);
        var (largeRandom, smallRandom) = (new Random(1), new Random(1));
        for (var i = 0; i < Calls; i++)
        {
            if (i % 2 == 0)
            {
                largeTimes[i] = await TimeAsync(environment.Stores, largeRandom, environment.Stopped);
                smallTimes[i] = await TimeAsync(small, smallRandom, environment.Stopped);
            }
            else
            {
                smallTimes[i] = await TimeAsync(small, smallRandom, environment.Stopped);
                largeTimes[i] = await TimeAsync(environment.Stores, largeRandom, environment.Stopped);
            }
        }

        return new Pair(largeTimes.Percentile(0.95), smallTimes.Percentile(0.95));
    }

    private async Task<double> TimeAsync(ReadStores stores, Random random, CancellationToken stopped)
    {
        var start = Stopwatch.GetTimestamp();
        await query.RunAsync(stores, random, stopped);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
