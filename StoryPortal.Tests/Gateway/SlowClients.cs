using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>A gateway, and clients that send or read as slowly as they can.</summary>
internal sealed class SlowClients : IAsyncDisposable
{
    /// <summary>The path of a response that no buffer holds.</summary>
    public const string Large = "/docs/large.js";

    /// <summary>The path of a response that fits into the buffers of a connection.</summary>
    public const string Small = "/docs/small.js";

    /// <summary>Keys beside the admin's.</summary>
    public static readonly string Reader = ApiKeyFormat.Create(), Other = ApiKeyFormat.Create();

    private const int LargeBytes = 8 * 1024 * 1024;
    private const int SmallBytes = 32 * 1024;
    private const int TinyBuffer = 1024;
    private const int StreamsPerConnection = 100;
    private const int BytesOfBody = 10_000_000;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _deadline = new(Timeout);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _sockets = [];
    private readonly List<Http2Connection> _connections = [];
    private FakeHub _hub = null!;
    private int _held;

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway { get; private set; } = null!;

    /// <summary>When all has to be over.</summary>
    public CancellationToken Deadline => _deadline.Token;

    /// <summary>Requests for <c>/v1/held</c> that the hub has had.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>The connections over HTTP/2.</summary>
    public IReadOnlyList<Http2Connection> Connections => _connections;

    public static async Task<SlowClients> StartAsync(params string[] settings)
    {
        var clients = new SlowClients();
        try
        {
            await clients.BeginAsync(settings);
            return clients;
        }
        catch
        {
            await clients.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await LeaveAsync();
        await Fixtures.DisposeAllAsync(Gateway, _hub);
        _deadline.Dispose();
    }

    /// <summary>Lets the hub respond to the requests that it holds.</summary>
    public void Release() => _release.TrySetResult();

    /// <summary>Closes the connections of all slow clients.</summary>
    public async Task LeaveAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _sockets.Clear();
        await Fixtures.DisposeAllAsync(_connections);
        _connections.Clear();
    }

    /// <summary>Opens connections that ask for a large response and never read.</summary>
    public async Task<List<Socket>> ReadNothingAsync(int connections, string path = Large, string headers = "", int requests = 1)
    {
        var request = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat($"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n{headers}\r\n", requests)));
        var opened = new List<Socket>();
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = TinyBuffer };
            _sockets.Add(socket);
            opened.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, Gateway.Port, Deadline);
            var sent = socket.SendAsync(request, Deadline).AsTask();
            await (requests == 1 ? sent : Task.CompletedTask); // the gateway stops reading while its responses wait
        }

        return opened;
    }

    /// <summary>Opens HTTP/2 connections with a hundred requests each for a large response, for which there is no window.</summary>
    public async Task OpenNoWindowAsync(int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            var connection = await ConnectAsync(window: 0);
            for (var stream = 1; stream < 2 * StreamsPerConnection; stream += 2)
            {
                connection.WriteRequest(stream, "GET", Large, endsStream: true, ("accept-encoding", "identity"));
            }

            await connection.SendAsync(Deadline);
        }
    }

    /// <summary>Begins a hundred bodies on each of some HTTP/2 connections, of which the first <paramref name="bytes"/> come.</summary>
    public async Task BeginBodiesAsync(int connections, string key, int bytes = 1, int streams = StreamsPerConnection)
    {
        for (var i = 0; i < connections; i++)
        {
            var connection = await ConnectAsync();
            for (var stream = 1; stream < 2 * streams; stream += 2)
            {
                connection.WriteRequest(
                    stream, "POST", "/v1/batch", endsStream: false, ("x-api-key", key), ("content-type", "application/json"),
                    ("content-length", BytesOfBody.ToString(CultureInfo.InvariantCulture)));
                foreach (var part in new byte[bytes].Chunk(16_384))
                {
                    connection.WriteData(stream, part);
                }
            }

            await connection.SendAsync(Deadline);
        }
    }

    /// <summary>Sends 400 bytes a second on each connection, for one of its bodies, until cancelled.</summary>
    public async Task TrickleAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (var connection in _connections)
                {
                    connection.WriteData(1, new byte[400]);
                    await connection.SendAsync(cancellationToken);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
        }
    }

    public async Task<Http2Connection> ConnectAsync(int? window = null)
    {
        var connection = await Http2Connection.ConnectAsync(Gateway.SecurePort, Deadline, window);
        _connections.Add(connection);
        return connection;
    }

    private async Task BeginAsync(string[] settings)
    {
        var (large, small) = (new byte[LargeBytes], new byte[SmallBytes]);
        _hub = await FakeHub.StartAsync(app =>
        {
            app.MapGet("/v1/probe", () => "here");
            app.MapGet(Large, () => TypedResults.Bytes(large, "text/javascript"));
            app.MapGet(Small, () => TypedResults.Bytes(small, "text/javascript"));
            app.MapGet("/v1/held", async () =>
            {
                Interlocked.Increment(ref _held);
                await _release.Task;
                return "released";
            });
            app.MapPost("/v1/batch", async (HttpContext context) =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                return TypedResults.Text("{}", "application/json");
            });
            app.MapPost("/v1/echo", async (HttpContext context) =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                return string.Join('\n', context.Request.Headers.Keys);
            });
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
            app.MapGet("/v1/services/watch", async (HttpContext context) =>
                await Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        });
        _hub.Keys[Reader] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read], RequestsPerMinute: null);
        _hub.Keys[Other] = new ApiKeyIdentity(Guid.NewGuid(), "another reader", [Scope.Read], RequestsPerMinute: null);
        Gateway = await GatewayProcess.StartAsync(
            [_hub],
            [
                "--Kestrel:Limits:KeepAliveTimeout=00:10:00", "--RateLimiting:RequestsPerMinute=10000000",
                "--RateLimiting:RequestsPerMinutePerAddress=10000000", .. settings,
            ]);
    }
}
