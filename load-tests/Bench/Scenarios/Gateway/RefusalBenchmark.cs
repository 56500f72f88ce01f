using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Gateway;

/// <summary>The processor time of the gateway for a request that it refuses, compared with one that it forwards.</summary>
internal abstract class RefusalBenchmark(string name, string refused) : ComparisonBenchmark(name, refused, "proxied GET", "µs CPU/request")
{
    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        await MeasureSubjectAsync(environment);
        await MeasureBaselineAsync(environment);
    }

    /// <summary>A key with which the gateway refuses every request.</summary>
    protected abstract string RefusedKey(BenchmarkEnvironment environment);

    protected override Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment) =>
        MeasureAsync(environment, RefusedKey(environment), refused: true);

    protected override Task<Run> MeasureBaselineAsync(BenchmarkEnvironment environment) =>
        MeasureAsync(environment, environment.System.Key, refused: false);

    private async Task<Run> MeasureAsync(BenchmarkEnvironment environment, string key, bool refused)
    {
        var gateway = environment.Processes["gateway"];
        var before = ProcFiles.CpuSeconds(gateway);
        var load = await Wrk.RunAsync(
            new Uri(environment.System.Gateway.Http, environment.AgentPath), Load(environment.Options), key, environment.Stopped, refused);
        return new Run((ProcFiles.CpuSeconds(gateway) - before) / load.Requests * 1e6, load.Requests);
    }
}
