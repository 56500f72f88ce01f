using System.Net;
using System.Net.Sockets;

namespace StoryPortal.AppHost.Endpoints;

/// <summary>Which ports the resources get.</summary>
public static class PortExtensions
{
    /// <summary>A port that people can rely on in run mode; published, the platform decides. (Tests get free ones: Aspire's testing builder replaces them.)</summary>
    public static int? FixedPort(this IDistributedApplicationBuilder builder, int port) => builder.ExecutionContext.IsRunMode ? port : null;

    /// <summary>The port of a process that listens by itself, without Aspire's proxy: the given one, or a free one where ports are random.</summary>
    internal static int OwnPort(this IDistributedApplicationBuilder builder, int port)
    {
        if (!bool.TryParse(builder.Configuration["DcpPublisher:RandomizePorts"], out var random) || !random)
        {
            return port;
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
