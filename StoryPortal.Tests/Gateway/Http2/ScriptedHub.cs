using System.Net;
using System.Net.Sockets;
using System.Text;
using StoryPortal.Gateway.Proxy.Http2;

namespace StoryPortal.Tests.Gateway.Http2;

/// <summary>The other end of one connection, which says frame for frame what a test tells it to say.</summary>
internal sealed class ScriptedHub : IAsyncDisposable
{
    public const byte Ok = 0x88; // :status 200, of the static table

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private NetworkStream _stream = null!;

    public HubConnection Connection { get; private set; } = null!;

    /// <summary>A hub that has heard the gateway's greeting.</summary>
    public static async Task<ScriptedHub> StartAsync(TimeProvider? time = null)
    {
        var hub = new ScriptedHub();
        hub._listener.Start();
        var accepting = hub._listener.AcceptTcpClientAsync();
        hub.Connection = await HubConnection.ConnectAsync(
            "127.0.0.1",
            ((IPEndPoint)hub._listener.LocalEndpoint).Port,
            new HubPatience(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)),
            time ?? TimeProvider.System,
            CancellationToken.None);
        hub._stream = (await accepting).GetStream();

        var preface = new byte[24];
        await hub._stream.ReadExactlyAsync(preface);
        Assert.Equal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Encoding.ASCII.GetString(preface));
        Assert.Equal(FrameType.Settings, (await hub.HearAsync()).Frame.Type);
        Assert.Equal(FrameType.WindowUpdate, (await hub.HearAsync()).Frame.Type);
        return hub;
    }

    /// <summary>The next frame that the gateway sends.</summary>
    public async Task<(Frame Frame, byte[] Payload)> HearAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var head = new byte[Frame.HeadBytes];
        await _stream.ReadExactlyAsync(head, deadline.Token);
        var frame = Frame.Read(head);
        var payload = new byte[frame.Length];
        await _stream.ReadExactlyAsync(payload, deadline.Token);
        return (frame, payload);
    }

    /// <summary>Sends frames, together.</summary>
    public async Task SayAsync(params (FrameType Type, FrameFlags Flags, int Stream, byte[] Payload)[] frames)
    {
        using var bytes = new MemoryStream();
        var head = new byte[Frame.HeadBytes];
        foreach (var (type, flags, stream, payload) in frames)
        {
            new Frame(payload.Length, type, flags, stream).Write(head);
            bytes.Write(head);
            bytes.Write(payload);
        }

        await _stream.WriteAsync(bytes.ToArray());
    }

    /// <summary>Waits until the gateway ends the connection, whatever it says before.</summary>
    public async Task HearEndAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _stream.CopyToAsync(Stream.Null, deadline.Token);
        }
        catch (IOException)
        {
            // It is over, with something unread.
        }
    }

    /// <summary>Goes, in the middle of whatever it says.</summary>
    public void Leave() => _stream.Dispose();

    public async ValueTask DisposeAsync()
    {
        Connection.Close();
        await _stream.DisposeAsync();
        _listener.Dispose();
    }
}
