using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Scenarios.Cache;

/// <summary>What happens to Redis.</summary>
internal enum RedisOutage
{
    /// <summary>The process is suspended: connections stay open without a response.</summary>
    Frozen,

    /// <summary>The process is killed: connections are refused.</summary>
    Stopped,
}

/// <summary>
/// The p95 of reads at the hub while Redis is away, from a second after the outage began, compared with the same reads while Redis works.
/// </summary>
/// <param name="outage">What happens to Redis.</param>
internal sealed class RedisOutageBenchmark(RedisOutage outage) : ComparisonBenchmark(
    $"cache/reads beside a {outage.ToString().ToLowerInvariant()} Redis", "p95 of reads without Redis", "p95 of reads with Redis", "ms")
{
    private static readonly TimeSpan DetectionTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(2);

    public override Task PrepareAsync(BenchmarkEnvironment environment) => PacedReads.RunAsync(environment, RecoveryTime);

    protected override async Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment)
    {
        await BeginAsync(environment);
        try
        {
            await PacedReads.RunAsync(environment, DetectionTime);
            return await MeasureAsync(environment);
        }
        finally
        {
            await EndAsync(environment);
        }
    }

    protected override async Task<Run> MeasureBaselineAsync(BenchmarkEnvironment environment)
    {
        await PacedReads.RunAsync(environment, RecoveryTime);
        return await MeasureAsync(environment);
    }

    private async Task<Run> MeasureAsync(BenchmarkEnvironment environment)
    {
        var times = await PacedReads.RunAsync(environment, Load(environment.Options));
        return new Run(times.Percentile(0.95), Operations: 0); // detection and recovery are in the processor time
    }

    private Task BeginAsync(BenchmarkEnvironment environment) => SignalAsync(environment, outage == RedisOutage.Frozen ? "STOP" : "KILL");

    private Task EndAsync(BenchmarkEnvironment environment) =>
        outage == RedisOutage.Frozen ? SignalAsync(environment, "CONT") : environment.StartRedisAgainAsync();

    private static async Task SignalAsync(BenchmarkEnvironment environment, string signal) =>
        await Tool.RunAsync("bash", ["-c", $"kill -{signal} {environment.Processes["redis"]}"], CancellationToken.None);
}
