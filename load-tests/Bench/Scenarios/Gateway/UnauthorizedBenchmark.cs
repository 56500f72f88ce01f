namespace StoryPortal.Bench.Scenarios.Gateway;

/// <summary>Requests with an unknown key.</summary>
internal sealed class UnauthorizedBenchmark() : RefusalBenchmark("gateway/refused with 401", "401, unknown key")
{
    protected override string RefusedKey(BenchmarkEnvironment environment) => "an-unknown-key";
}
