using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Tests.Gateway;

/// <summary>A hub as the gateway sees it, in this process: HTTP/2 in clear text, healthy while it runs, with answers that a test chooses.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeHub(WebApplication app, int port) => (_app, Port) = (app, port);

    public int Port { get; }

    /// <summary>The keys that it knows.</summary>
    public Dictionary<string, ApiKeyIdentity> Keys { get; } = [];

    /// <summary>The lines of the request log that it was sent.</summary>
    public ConcurrentQueue<ApiRequest> Logged { get; } = [];

    /// <summary>How often it was asked for a key.</summary>
    public int Lookups;

    /// <summary>Whether its key store answers.</summary>
    public volatile bool KnowsKeys = true;

    public static async Task<FakeHub> StartAsync(Action<WebApplication> map, Action<KestrelServerLimits>? limit = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
            (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) = (null, null); // as of a hub
            limit?.Invoke(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        FakeHub? hub = null;
        app.MapGet("/health/ready", () => TypedResults.Ok());
        app.MapMethods("/internal/{**rest}", ["PUT", "POST", "DELETE"], () => TypedResults.NoContent());
        app.MapPost("/internal/api-requests", async (HttpContext context) =>
        {
            foreach (var request in (await context.Request.ReadFromJsonAsync(ApiRequestJson.Default.IReadOnlyListApiRequest, context.RequestAborted))!)
            {
                hub!.Logged.Enqueue(request);
            }

            return TypedResults.NoContent();
        });
        app.MapGet("/internal/api-keys/{hash}", (string hash) =>
        {
            Interlocked.Increment(ref hub!.Lookups);
            return !hub.KnowsKeys ? TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable)
                : hub.Keys.FirstOrDefault(key => KeyHash.Of(key.Key).ToString() == hash).Value is { } known ? TypedResults.Json(known, KeyJson.Default.ApiKeyIdentity)
                : (IResult)TypedResults.NoContent();
        });
        map(app);
        await app.StartAsync();
        return hub = new FakeHub(app, new Uri(app.Urls.Single()).Port);
    }

    /// <summary>Ends at once, in the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
