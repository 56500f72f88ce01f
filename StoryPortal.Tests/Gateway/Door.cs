using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A gateway outside Development, in front of a hub that a test controls.</summary>
public sealed class Door : IAsyncLifetime
{
    /// <summary>The second event of the hub's stream, of whose third only half ever comes.</summary>
    internal const string Second = "0189aaaa-0000-7000-8000-000000000002";

    private readonly int _requestsPerMinutePerAddress;

    /// <summary>One for the tests of a class: together they ask often.</summary>
    public Door() : this(requestsPerMinutePerAddress: 100_000)
    {
    }

    internal Door(int requestsPerMinutePerAddress) => _requestsPerMinutePerAddress = requestsPerMinutePerAddress;

    internal FakeHub Hub { get; private set; } = null!;

    internal GatewayProcess Gateway { get; private set; } = null!;

    /// <summary>A key that may read.</summary>
    internal string Reader { get; } = ApiKeyFormat.Create();

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    private async Task StartAsync()
    {
        Hub = await FakeHub.StartAsync(app =>
        {
            app.MapGet("/v1/size/{bytes:int}", (int bytes) => TypedResults.Bytes(new byte[bytes], "application/json"));
            app.MapGet("/v1/services", (HttpContext context) =>
            {
                context.Response.Headers.ETag = "\"one\"";
                context.Response.Headers["X-Route"] = "/v1/services";
                return TypedResults.Text($$"""[{"filter": "{{context.Request.QueryString}}", "padding": "{{new string('x', 2000)}}"}]""", "application/json");
            });
            app.MapPut("/v1/services/{**rest}", () => TypedResults.NoContent());
            app.MapPost("/v1/batch", IResult (HttpContext context, string? does) =>
            {
                if (does == "read")
                {
                    context.Response.Headers["X-Changes"] = "none";
                }

                return does is null ? TypedResults.NotFound() : TypedResults.Text("{}", "application/json");
            });
            app.MapGet("/v1/broken", (HttpContext context) => context.Abort());
            app.MapGet("/v1/echo", (HttpContext context) => string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}")));
            app.MapGet("/docs", () => TypedResults.Text("<html></html>", "text/html"));
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                foreach (var piece in (string[])["data: one\n\n", $"id: {Second[..10]}", $"{Second[10..]}\ndata: two\n", "\ndata: thr"])
                {
                    await context.Response.WriteAsync(piece, context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }

                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
        });
        Hub.Keys[Reader] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read], RequestsPerMinute: 10_000);
        Gateway = await GatewayProcess.StartAsync([Hub], "--Cors:Origins=https://portal.example", $"--RateLimiting:RequestsPerMinutePerAddress={_requestsPerMinutePerAddress}");
    }

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(Gateway, Hub);
}
