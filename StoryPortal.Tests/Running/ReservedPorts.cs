using System.Net;
using System.Net.Sockets;

namespace StoryPortal.Tests.Running;

/// <summary>
/// Loopback TCP ports for processes that bind them later. No other test takes one meanwhile, in this process or in another: each is held
/// by a UDP socket on the same number until this process ends.
/// </summary>
internal static class ReservedPorts
{
    // Above the ephemeral ports of Linux (32768 to 60999), from which outgoing connections get theirs. From 10,000 up to them DCP gives
    // ports to services: a service keeps its port over a restart, and the restart fails when another process took the port meanwhile.
    private const int Min = 61_000;
    private const int Max = 65_500;

    private static readonly Lock Gate = new();
    private static readonly List<Socket> Held = [];

    /// <summary>Reserves <paramref name="count"/> ports on which no process listens.</summary>
    public static int[] Take(int count)
    {
        lock (Gate)
        {
            var ports = new List<int>(count);
            while (ports.Count < count)
            {
                var port = Random.Shared.Next(Min, Max);
                if (TryHold(port))
                {
                    ports.Add(port);
                }
            }

            return [.. ports];
        }
    }

    private static bool TryHold(int port)
    {
        var held = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            held.Bind(new IPEndPoint(IPAddress.Loopback, port));
            using var listener = new TcpListener(IPAddress.Any, port);
            listener.Start();
            Held.Add(held);
            return true;
        }
        catch (SocketException) // another test holds it, or a process listens there
        {
            held.Dispose();
            return false;
        }
    }
}
