using StoryPortal.Bench.Scenarios.Cache;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Scenarios.Resources;

/// <summary>The resident memory of the three services after the mixed load.</summary>
internal sealed class MemoryBenchmark() : ValueBenchmark("resources/memory", "gateway, service-hub, data-layer", "MiB")
{
    public override int Pairs(BenchmarkOptions options) => 1;

    public override Task PrepareAsync(BenchmarkEnvironment environment) => MixedLoad.RunAsync(environment, environment.Gateway, round: 0);

    protected override Task<double> MeasureAsync(BenchmarkEnvironment environment)
    {
        var memory = environment.Processes.Memory();
        return Task.FromResult(MeasuredSystem.ServiceNames.Sum(name => memory[name]));
    }
}
