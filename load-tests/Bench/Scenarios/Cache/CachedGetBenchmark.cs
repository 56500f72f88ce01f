using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Cache;

/// <summary>A GET of an agent in the hub's memory, compared with a Kestrel that writes the same bytes.</summary>
internal sealed class CachedGetBenchmark()
    : LoadBenchmark("cache/cached GET of an agent", "GET /v1/agents/{id} at the hub", "bare Kestrel, same bytes")
{
    private Uri? _kestrel;

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        var body = await environment.Hub.GetByteArrayAsync(new Uri(environment.AgentPath, UriKind.Relative), environment.Stopped);
        _kestrel = environment.StartKestrel(body);
        await EndpointProbe.WaitAsync(_kestrel, environment.Stopped);
        await base.PrepareAsync(environment);
    }

    protected override Task<LoadResult> LoadSubjectAsync(BenchmarkEnvironment environment, TimeSpan duration) =>
        Wrk.RunAsync(new Uri(environment.System.Hub.Http, environment.AgentPath), duration, environment.System.Key, environment.Stopped);

    protected override Task<LoadResult> LoadBaselineAsync(BenchmarkEnvironment environment, TimeSpan duration) =>
        Wrk.RunAsync(new Uri(_kestrel!, environment.AgentPath), duration, environment.System.Key, environment.Stopped);
}
