using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Scenarios.Resources;

/// <summary>The processor time of the three services while the system receives no requests.</summary>
internal sealed class IdleBenchmark() : ValueBenchmark("resources/idle CPU", "gateway, service-hub, data-layer", "% of a core")
{
    // The compiler and the first health checks are still at work after a start.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(20);

    // The period of health checks, the longest that costs much.
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    public override bool IsQuick => false; // no system is idle so soon after its start

    public override Task PrepareAsync(BenchmarkEnvironment environment) => Task.Delay(SettlingTime, environment.Stopped);

    protected override async Task<double> MeasureAsync(BenchmarkEnvironment environment)
    {
        var usage = new CpuUsage();
        var before = environment.Processes.Cpu();
        await Task.Delay(Length, environment.Stopped);
        usage.Add(before, environment.Processes.Cpu(), operations: 0);
        var cores = usage.Cores;
        return 100 * MeasuredSystem.ServiceNames.Sum(name => cores[name]);
    }
}
