namespace StoryPortal.Bench.Scenarios.Resources;

/// <summary>The time until the built system is healthy, with empty data: creating the database is part of it.</summary>
internal sealed class StartBenchmark() : ValueBenchmark("resources/start to healthy", "start", "s")
{
    public override int Pairs(BenchmarkOptions options) => 1;

    protected override Task<double> MeasureAsync(BenchmarkEnvironment environment) =>
        Task.FromResult(environment.System.StartTime.TotalSeconds);
}
