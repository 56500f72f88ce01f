using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StoryPortal.Tests.Security;

/// <summary>Requests byte for byte, as no client library would send them.</summary>
internal static class RawRequests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends <paramref name="text"/> as Latin-1 to a local port, and reads until the server closes the connection.</summary>
    public static async Task<string> SendAsync(int port, string text)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
        await connection.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), deadline.Token);
        using var reader = new StreamReader(connection.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    /// <summary>A GET of <paramref name="target"/> as it is, with <paramref name="headers"/> of which each ends its line.</summary>
    public static Task<string> GetAsync(int port, string target, string key, string headers = "") =>
        SendAsync(port, $"GET {target} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nConnection: close\r\n{headers}\r\n");
}
