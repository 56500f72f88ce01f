namespace StoryPortal.Bench.Scenarios.Resources;

/// <summary>The most database connections that the system had open during all benchmarks before this one.</summary>
internal sealed class ConnectionsBenchmark() : ValueBenchmark("resources/database connections", "open connections, maximum", "connections")
{
    public override int Pairs(BenchmarkOptions options) => 1;

    protected override Task<double> MeasureAsync(BenchmarkEnvironment environment) => Task.FromResult((double)environment.Connections.Max);
}
