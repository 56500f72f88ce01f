using Yarp.ReverseProxy;

namespace StoryPortal.Gateway.Proxy;

/// <summary>Sends what the gateway itself asks of the hubs to one that answers, so that it does not depend on the first.</summary>
internal sealed class AnyHubHandler(IServiceProvider services) : DelegatingHandler
{
    private static int s_turn;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Asked for late: the proxy's own clients are made by the same factory.
        var proxy = services.GetRequiredService<IProxyStateLookup>();
        if (proxy.TryGetCluster(ProxyExtensions.Cluster, out var cluster) && cluster.DestinationsState.AvailableDestinations is { Count: > 0 } hubs)
        {
            var hub = hubs[(int)((uint)Interlocked.Increment(ref s_turn) % (uint)hubs.Count)];
            request.RequestUri = new Uri(new Uri(hub.Model.Config.Address), request.RequestUri!.PathAndQuery);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
