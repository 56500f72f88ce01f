using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Cache;

/// <summary>An agent that is in the hub's memory, against a bare Kestrel that writes the same bytes.</summary>
internal sealed class CachedGetRow() : LoadRow("cache/cached GET of an agent", "GET /v1/agents/{id} at the hub", "bare Kestrel, same bytes", aim: 0.8)
{
    private Uri? _kestrel;

    public override async Task PrepareAsync(Stage stage)
    {
        var body = await stage.Hub.GetByteArrayAsync(new Uri(stage.AgentPath, UriKind.Relative), stage.Stopped);
        _kestrel ??= stage.StartKestrel(body);
        await Reachable.Async(_kestrel, stage.Stopped);
        await base.PrepareAsync(stage);
    }

    protected override Task<LoadResult> LoadAAsync(Stage stage, TimeSpan duration) =>
        Wrk.RunAsync(new Uri(stage.System.Hub.Http, stage.AgentPath), duration, stage.System.Key, stage.Stopped);

    protected override Task<LoadResult> LoadBAsync(Stage stage, TimeSpan duration) =>
        Wrk.RunAsync(new Uri(_kestrel!, stage.AgentPath), duration, stage.System.Key, stage.Stopped);
}
