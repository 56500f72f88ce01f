using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace StoryPortal.Tests.Gateway;

/// <summary>A frame of HTTP/2, RFC 9113 section 4.</summary>
internal sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public bool EndsStream => (Flags & Http2Connection.EndStream) != 0;
}

/// <summary>HTTP/2 over TLS frame by frame, as no client library would send it.</summary>
internal sealed class Http2Connection : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte EndStream = 1;

    private const byte EndHeaders = 4;
    private const byte Acknowledged = 1;
    private const short InitialWindowSize = 4;
    private const int Cancel = 8;

    private readonly TcpClient _client;
    private readonly SslStream _stream;
    private readonly MemoryStream _pending = new();

    private Http2Connection(TcpClient client, SslStream stream) => (_client, _stream) = (client, stream);

    /// <summary>Connects, and sends the preface with the size of the window of each response.</summary>
    public static async Task<Http2Connection> ConnectAsync(int port, CancellationToken cancellationToken, int? window = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
            },
            cancellationToken);

        var connection = new Http2Connection(client, stream);
        connection._pending.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        var settings = new byte[window is null ? 0 : 6];
        if (window is { } size)
        {
            BinaryPrimitives.WriteInt16BigEndian(settings, InitialWindowSize);
            BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), size);
        }

        connection.Write(Settings, 0, 0, settings);
        return connection;
    }

    /// <summary>Adds a request to what is to be sent.</summary>
    public void WriteRequest(int stream, string method, string path, bool endsStream, params (string Name, string Value)[] headers)
    {
        using var block = new MemoryStream();
        Literal(block, 0x02, null, method);
        block.WriteByte(0x87); // :scheme https, of the static table
        Literal(block, 0x04, null, path);
        Literal(block, 0x01, null, "localhost");
        foreach (var (name, value) in headers)
        {
            Literal(block, 0x00, name, value);
        }

        Write(Headers, (byte)(EndHeaders | (endsStream ? EndStream : 0)), stream, block.ToArray());
    }

    /// <summary>Adds a part of a request's body.</summary>
    public void WriteData(int stream, ReadOnlySpan<byte> data, bool endsStream = false) =>
        Write(Data, endsStream ? EndStream : (byte)0, stream, data);

    /// <summary>Adds the reset of a request.</summary>
    public void WriteReset(int stream)
    {
        Span<byte> code = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(code, Cancel);
        Write(ResetStream, 0, stream, code);
    }

    /// <summary>Sends what was added.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        var frames = _pending.ToArray();
        _pending.SetLength(0);
        await _stream.WriteAsync(frames, cancellationToken);
    }

    /// <summary>Reads a frame; null: the server has closed the connection. Settings are acknowledged.</summary>
    public async Task<Http2Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        var head = new byte[9];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(head, cancellationToken);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
                await _stream.ReadExactlyAsync(payload, cancellationToken);
                var frame = new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
                if (frame is not { Type: Settings })
                {
                    return frame;
                }

                if ((frame.Flags & Acknowledged) == 0)
                {
                    Write(Settings, Acknowledged, 0, []);
                    await SendAsync(cancellationToken);
                }
            }
        }
        catch (IOException) // the end, in the middle or not
        {
            return null;
        }
    }

    /// <summary>Reads until the response to a request begins.</summary>
    public async Task<int> ReadStatusAsync(int stream, CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken) is { } frame)
        {
            if (frame.Stream == stream && frame.Type == Headers)
            {
                return StatusOf(frame.Payload);
            }

            Assert.False(frame.Type == GoAway || (frame.Stream == stream && frame.Type == ResetStream), $"Frame {frame.Type} and no response.");
        }

        throw new InvalidOperationException("The server closed the connection without a response.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
        await _pending.DisposeAsync();
    }

    // RFC 7541, appendix A: seven statuses have an index of their own, the others follow the name's in three digits.
    private static int StatusOf(byte[] block) => block[0] switch
    {
        >= 0x88 and <= 0x8e and var indexed => new[] { 200, 204, 206, 304, 400, 404, 500 }[indexed - 0x88],
        _ => int.Parse(Encoding.ASCII.GetString(block, 2, 3), System.Globalization.CultureInfo.InvariantCulture),
    };

    // Not indexed: the name from the static table, or in full.
    private static void Literal(MemoryStream block, byte index, string? name, string value)
    {
        block.WriteByte(index);
        foreach (var text in (string?[])[name, value])
        {
            if (text is not null)
            {
                Assert.InRange(text.Length, 0, 126); // longer ones have a length of several bytes
                block.WriteByte((byte)text.Length);
                block.Write(Encoding.Latin1.GetBytes(text));
            }
        }
    }

    private void Write(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8); // three bytes of it
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _pending.Write(head);
        _pending.Write(payload);
    }
}
