using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Gateway;

/// <summary>The gateway against another proxy before the same hub.</summary>
/// <param name="what">What is asked for.</param>
/// <param name="path">Its path.</param>
/// <param name="other">The other proxy's name.</param>
/// <param name="proxy">The other proxy.</param>
/// <param name="http2">Whether clients speak HTTP/2 over TLS, else HTTP/1.1.</param>
/// <param name="aim">What the gateway has to reach.</param>
internal sealed class ProxyRow(string what, Func<Stage, string> path, string other, Func<Stage, Proxy> proxy, bool http2, double aim) : LoadRow(
    $"gateway/{what} vs {other}, {(http2 ? "HTTP/2" : "HTTP/1.1")}", "gateway", other, aim)
{
    public static IEnumerable<ProxyRow> All => [.. Over(http2: false), .. Over(http2: true)];

    public override async Task PrepareAsync(Stage stage)
    {
        await Reachable.Async(proxy(stage).Http, stage.Stopped);
        await base.PrepareAsync(stage);
    }

    protected override Task<LoadResult> LoadAAsync(Stage stage, TimeSpan duration) =>
        LoadAsync(stage, stage.System.Gateway.Http, stage.System.Gateway.Https, duration);

    protected override Task<LoadResult> LoadBAsync(Stage stage, TimeSpan duration) => LoadAsync(stage, proxy(stage).Http, proxy(stage).Https, duration);

    private static ProxyRow[] Over(bool http2) =>
    [
        new("proxied GET", stage => stage.AgentPath, "bare YARP", stage => stage.Yarp, http2, 0.85),
        new("proxied GET", stage => stage.AgentPath, "nginx", stage => stage.Nginx, http2, 1.0),
        new("GET services", _ => "/v1/services", "nginx proxy_cache", stage => stage.Nginx, http2, 0.6),
        new("GET services", _ => "/v1/services", "bare YARP", stage => stage.Yarp, http2, 1.5),
    ];

    private Task<LoadResult> LoadAsync(Stage stage, Uri plain, Uri secure, TimeSpan duration) => http2
        ? H2Load.RunAsync(new Uri(secure, path(stage)), duration, stage.System.Key, stage.Stopped)
        : Wrk.RunAsync(new Uri(plain, path(stage)), duration, stage.System.Key, stage.Stopped);
}
