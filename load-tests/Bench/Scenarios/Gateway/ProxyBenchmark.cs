using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Gateway;

/// <summary>
/// The gateway compared with another proxy in front of the same hub: the same request with the same headers, from the same load generator.
/// </summary>
/// <param name="what">What is requested.</param>
/// <param name="path">The path of the request.</param>
/// <param name="other">The name of the other proxy.</param>
/// <param name="proxy">The other proxy.</param>
/// <param name="http2">Whether clients speak HTTP/2 over TLS, else HTTP/1.1.</param>
internal sealed class ProxyBenchmark(
    string what, Func<BenchmarkEnvironment, string> path, string other, Func<BenchmarkEnvironment, ProxyServer> proxy, bool http2)
    : LoadBenchmark($"gateway/{what} vs {other}, {(http2 ? "HTTP/2" : "HTTP/1.1")}", "gateway", other)
{
    public static IEnumerable<ProxyBenchmark> All => [.. Over(http2: false), .. Over(http2: true)];

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        await EndpointProbe.WaitAsync(proxy(environment).Http, environment.Stopped);
        await base.PrepareAsync(environment);
    }

    protected override bool BaselineNeedsWarmUp => !Baseline!.StartsWith("nginx", StringComparison.Ordinal);

    protected override Task<LoadResult> LoadSubjectAsync(BenchmarkEnvironment environment, TimeSpan duration) =>
        LoadAsync(environment, environment.System.Gateway.Http, environment.System.Gateway.Https, duration);

    protected override Task<LoadResult> LoadBaselineAsync(BenchmarkEnvironment environment, TimeSpan duration) =>
        LoadAsync(environment, proxy(environment).Http, proxy(environment).Https, duration);

    private static ProxyBenchmark[] Over(bool http2) =>
    [
        new("proxied GET", environment => environment.AgentPath, "bare YARP", environment => environment.Yarp, http2),
        new("proxied GET", environment => environment.AgentPath, "nginx", environment => environment.Nginx, http2),
        new("GET services", _ => "/v1/services", "bare YARP", environment => environment.Yarp, http2),
        new("GET services", _ => "/v1/services", "nginx proxy_cache", environment => environment.Nginx, http2),
    ];

    private Task<LoadResult> LoadAsync(BenchmarkEnvironment environment, Uri http, Uri https, TimeSpan duration) => http2
        ? H2Load.RunAsync(new Uri(https, path(environment)), duration, environment.System.Key, environment.Stopped)
        : Wrk.RunAsync(new Uri(http, path(environment)), duration, environment.System.Key, environment.Stopped);
}
