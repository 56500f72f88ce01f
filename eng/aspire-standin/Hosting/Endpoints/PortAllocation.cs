using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.StandIn;

/// <summary>Gives every endpoint its port before anything starts, so that all environments can be written.</summary>
internal static class PortAllocation
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Taken = [];

    public static void Allocate(DistributedApplicationModel model, bool randomize)
    {
        foreach (var endpoint in model.Resources.SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>()))
        {
            var wanted = endpoint switch
            {
                { IsProxied: false } => endpoint.TargetPort ?? endpoint.Port,
                _ => randomize ? null : endpoint.Port,
            };
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", wanted ?? FreePort());
        }
    }

    /// <summary>A port below those that systems hand to outgoing connections, so that none of these takes it before the process listens.</summary>
    public static int FreePort()
    {
        lock (Gate)
        {
            while (true)
            {
                var port = Random.Shared.Next(18_000, 32_000);
                if (!Taken.Contains(port) && IsFree(port))
                {
                    Taken.Add(port);
                    return port;
                }
            }
        }
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
