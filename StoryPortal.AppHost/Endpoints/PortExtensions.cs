using System.Net;
using System.Net.Sockets;

namespace StoryPortal.AppHost.Endpoints;

/// <summary>Which ports the resources get.</summary>
public static class PortExtensions
{
    // Below the ports of outgoing connections (32768 on Linux, 49152 elsewhere): one of those could take it before the server listens.
    private const int LowestFree = 10_000;
    private const int HighestFree = 15_000;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];

    /// <summary>A port that people can rely on in run mode; published, the platform decides. (Tests get free ones: Aspire's testing builder replaces them.)</summary>
    public static int? FixedPort(this IDistributedApplicationBuilder builder, int port) => builder.ExecutionContext.IsRunMode ? port : null;

    /// <summary>The port that a published service listens on inside of its container, where each endpoint needs one of its own; run, Aspire chooses.</summary>
    public static int? PublishedPort(this IDistributedApplicationBuilder builder, int port) => builder.ExecutionContext.IsPublishMode ? port : null;

    /// <summary>The port of a process that listens by itself, without Aspire's proxy: the given one, or a free one where ports are random.</summary>
    internal static int OwnPort(this IDistributedApplicationBuilder builder, int port)
    {
        if (!bool.TryParse(builder.Configuration["DcpPublisher:RandomizePorts"], out var random) || !random)
        {
            return port;
        }

        lock (Gate)
        {
            while (true)
            {
                var free = Random.Shared.Next(LowestFree, HighestFree);
                if (IsFree(free) && Taken.Add(free))
                {
                    return free;
                }
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException) // somebody listens there
        {
            return false;
        }
    }
}
