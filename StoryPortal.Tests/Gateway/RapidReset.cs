using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace StoryPortal.Tests.Gateway;

/// <summary>HTTP/2 as no client of good will speaks it: requests that are taken back in the moment in which they are sent.</summary>
internal static class RapidReset
{
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte EndOfHeadersAndStream = 0x05;
    private const int Cancel = 8;

    /// <summary>
    /// Opens and resets <paramref name="streams"/> requests for <paramref name="path"/>, until all are sent or the gateway has had enough, and stays connected until
    /// <paramref name="afterwards"/> is over.
    /// </summary>
    public static async Task SendAsync(GatewayProcess gateway, string path, int streams, CancellationToken cancellationToken, Func<Task>? afterwards = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.SecurePort, cancellationToken);
        await using var secure = new SslStream(client.GetStream());
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
            },
            cancellationToken);

        var request = Request(path);
        using var frames = new MemoryStream();
        frames.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Write(frames, Settings, 0, 0, []);
        var reset = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(reset, Cancel);
        for (var stream = 1; stream < 2 * streams; stream += 2)
        {
            Write(frames, Headers, EndOfHeadersAndStream, stream, request);
            Write(frames, ResetStream, 0, stream, reset);
        }

        try
        {
            await secure.WriteAsync(frames.ToArray(), cancellationToken);
            var answer = new byte[4096];
            Assert.NotEqual(-1, await secure.ReadAsync(answer, cancellationToken)); // it has begun to read, or closed
            await (afterwards?.Invoke() ?? Task.CompletedTask);
        }
        catch (IOException) // it has had enough
        {
        }
    }

    private static byte[] Request(string path)
    {
        using var block = new MemoryStream();
        block.WriteByte(0x82); // :method GET, of the static table
        block.WriteByte(0x87); // :scheme https
        Literal(block, 0x04, null, path); // :path
        Literal(block, 0x01, null, "localhost"); // :authority
        Literal(block, 0x00, "x-api-key", GatewayProcess.AdminKey);
        return block.ToArray();
    }

    // Not indexed: the name from the static table, or in full.
    private static void Literal(MemoryStream block, byte index, string? name, string value)
    {
        block.WriteByte(index);
        foreach (var text in (string?[])[name, value])
        {
            if (text is not null)
            {
                block.WriteByte((byte)text.Length);
                block.Write(Encoding.ASCII.GetBytes(text));
            }
        }
    }

    private static void Write(MemoryStream frames, byte type, byte flags, int stream, byte[] payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8); // three bytes of it
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        frames.Write(head);
        frames.Write(payload);
    }
}
