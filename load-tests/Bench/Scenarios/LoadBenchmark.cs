using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios;

/// <summary>Compares the requests a second of two servers under the same load.</summary>
internal abstract class LoadBenchmark(string name, string subject, string baseline)
    : ComparisonBenchmark(name, subject, baseline, "requests/s")
{
    private const double Faster = 1.03;
    private const int MaxSlicesWithoutGain = 2;

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        await WarmUpAsync(environment, LoadSubjectAsync);
        if (BaselineNeedsWarmUp)
        {
            await WarmUpAsync(environment, LoadBaselineAsync);
        }
    }

    /// <summary>Whether the baseline is compiled just in time.</summary>
    protected virtual bool BaselineNeedsWarmUp => true;

    /// <summary>Loads the product.</summary>
    protected abstract Task<LoadResult> LoadSubjectAsync(BenchmarkEnvironment environment, TimeSpan duration);

    /// <summary>Loads what the product is compared with.</summary>
    protected abstract Task<LoadResult> LoadBaselineAsync(BenchmarkEnvironment environment, TimeSpan duration);

    protected override Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment) => MeasureAsync(environment, LoadSubjectAsync);

    protected override Task<Run> MeasureBaselineAsync(BenchmarkEnvironment environment) => MeasureAsync(environment, LoadBaselineAsync);

    private async Task<Run> MeasureAsync(
        BenchmarkEnvironment environment, Func<BenchmarkEnvironment, TimeSpan, Task<LoadResult>> load)
    {
        var result = await load(environment, Load(environment.Options));
        return new Run(result.PerSecond, result.Requests);
    }

    // The just-in-time compiler works in the background, for longer the more code a request passes: until the rate stops rising.
    private static async Task WarmUpAsync(BenchmarkEnvironment environment, Func<BenchmarkEnvironment, TimeSpan, Task<LoadResult>> load)
    {
        // The compiler may slow one slice down, so that one slice without a gain does not end the warm-up.
        var (best, withoutGain) = (0.0, 0);
        for (var slice = 0; slice < environment.Options.MaxWarmUpSlices && withoutGain < MaxSlicesWithoutGain; slice++)
        {
            var rate = (await load(environment, environment.Options.WarmUp)).PerSecond;
            withoutGain = rate < best * Faster ? withoutGain + 1 : 0;
            best = Math.Max(best, rate);
        }
    }
}
