using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A gateway, and callers that mean no good, or too much of it.</summary>
internal sealed class AbusedGateway : IAsyncDisposable
{
    /// <summary>Requests that it takes on at a time.</summary>
    public const int Requests = 1000;

    private const int Resets = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _deadline = new(Patience);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeHub _hub = null!;
    private int _held;
    private int _batches;

    /// <summary>The gateway.</summary>
    public GatewayProcess Process { get; private set; } = null!;

    /// <summary>When all has to be over.</summary>
    public CancellationToken Deadline => _deadline.Token;

    /// <summary>Requests for <c>/v1/held</c> that the hub has.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Bodies of which the hub has heard.</summary>
    public int Batches => Volatile.Read(ref _batches);

    public static async Task<AbusedGateway> StartAsync()
    {
        var abused = new AbusedGateway();
        try
        {
            await abused.BeginAsync();
            return abused;
        }
        catch
        {
            await abused.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await Fixtures.DisposeAllAsync(Process, _hub);
        _deadline.Dispose();
    }

    /// <summary>Lets the hub answer what it holds.</summary>
    public void Release() => _release.TrySetResult();

    /// <summary>Headers that never end; each is cut off.</summary>
    public async Task SlowHeadersAsync()
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < 100; i++)
        {
            connections.Add(await ConnectAsync("GET /v1/probe HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
        }

        foreach (var connection in connections)
        {
            Assert.StartsWith("HTTP/1.1 408", await ReadToEndAsync(connection), StringComparison.Ordinal);
            connection.Dispose();
        }
    }

    /// <summary>Bodies that are left in the middle.</summary>
    public Task LeftBodiesAsync() => Elsewhere.RunAsync(() =>
    {
        var beginning = System.Text.Encoding.ASCII.GetBytes(
            $"POST /v1/events/batch HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[");
        for (var i = 0; i < 100; i++)
        {
            using var connection = new TcpClient();
            connection.Connect(IPAddress.Loopback, Process.Port);
            connection.GetStream().Write(beginning);
        }
    });

    /// <summary>Connections that say nothing.</summary>
    public async Task IdleConnectionsAsync(int count, Func<Task>? meanwhile = null)
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < count; i++)
        {
            var connection = new TcpClient();
            connections.Add(connection);
            await connection.ConnectAsync(IPAddress.Loopback, Process.Port, Deadline);
        }

        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        connections.ForEach(connection => connection.Dispose());
    }

    /// <summary>Headers of 64 KB; each is refused.</summary>
    public async Task LargeHeadersAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            using var connection = await ConnectAsync($"GET /v1/probe HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('x', 64 * 1024)}\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 431", await ReadToEndAsync(connection), StringComparison.Ordinal);
        }
    }

    /// <summary>Streams that are opened and reset at once, on one connection.</summary>
    public Task RapidResetAsync() => RapidReset.SendAsync(Process, "/v1/held", Resets, Deadline);

    /// <summary>A connection on which that was sent.</summary>
    public async Task<TcpClient> ConnectAsync(string text)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, Process.Port, Deadline);
        await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), Deadline);
        return connection;
    }

    /// <summary>All that comes until the other side closes.</summary>
    public async Task<string> ReadToEndAsync(TcpClient connection)
    {
        using var reader = new StreamReader(connection.GetStream());
        return await reader.ReadToEndAsync(Deadline);
    }

    private async Task BeginAsync()
    {
        _hub = await FakeHub.StartAsync(app =>
        {
            app.MapGet("/v1/probe", () => "here");
            app.MapGet("/v1/held", async () =>
            {
                Interlocked.Increment(ref _held);
                await _release.Task;
                return "released";
            });
            app.MapPost("/v1/events/batch", async (HttpContext context) =>
            {
                Interlocked.Increment(ref _batches);
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                return TypedResults.Ok();
            });
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
            app.MapGet("/v1/services/watch", async (HttpContext context) => // nothing changes
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        });
        Process = await GatewayProcess.StartAsync(
            [_hub],
            "--Kestrel:Limits:RequestHeadersTimeout=00:00:01",
            "--Kestrel:Limits:KeepAliveTimeout=00:10:00",
            "--RateLimiting:RequestsPerMinute=10000000",
            $"--Load:MaxConcurrentRequests={Requests}",
            "--Load:CallerShare=1", // one key sends whatever tests send here
            "--Load:MaxConcurrentStreamsPerCaller=5000");
    }
}
