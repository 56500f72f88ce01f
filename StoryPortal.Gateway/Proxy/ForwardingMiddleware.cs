using System.Runtime.CompilerServices;
using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults.Draining;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace StoryPortal.Gateway.Proxy;

/// <summary>
/// Gives the proxy what a route of ours has: how long its hub may say nothing (<see cref="RoutePolicy.Timeout"/>; the proxy counts that itself, without
/// the linked tokens and timers that request timeouts make for each request), and <see cref="HubTransformer"/>. Both are made once for each route.
/// </summary>
internal sealed class ForwardingMiddleware(RequestDelegate next, Drain drain)
{
    private readonly EventRelay _events = new(drain.StreamsEnd);
    private readonly ConditionalWeakTable<RouteModel, Forwarding> _known = [];

    public Task InvokeAsync(HttpContext context)
    {
        context.Request.Headers.Upgrade = default; // no hub upgrades a connection: YARP would make a CONNECT of a WebSocket's GET (RFC 9110, 7.8: a server may ignore it)
        var proxied = context.GetReverseProxyFeature();
        var forwarding = Of(proxied, Exchange.Of(context).Policy);
        context.Features.Set<IReverseProxyFeature>(new ReverseProxyFeature
        {
            Route = forwarding.Route,
            Cluster = forwarding.Cluster,
            AllDestinations = proxied.AllDestinations,
            AvailableDestinations = proxied.AvailableDestinations,
        });
        return next(context);
    }

    private Forwarding Of(IReverseProxyFeature proxied, RoutePolicy policy)
    {
        // Another client means another configuration of the cluster.
        if (!_known.TryGetValue(proxied.Route, out var forwarding) || forwarding.Cluster.HttpClient != proxied.Cluster.HttpClient)
        {
            forwarding = Forwarding.Of(proxied.Route, proxied.Cluster, policy, policy.IsStream ? _events : null);
            _known.AddOrUpdate(proxied.Route, forwarding);
        }

        return forwarding;
    }

    private sealed record Forwarding(RouteModel Route, ClusterModel Cluster)
    {
        public static Forwarding Of(RouteModel route, ClusterModel cluster, RoutePolicy policy, EventRelay? events)
        {
            var request = cluster.Config.HttpRequest ?? ForwarderRequestConfig.Empty;
            return new(
                route.Config.Transforms is { Count: > 0 } ? route : new RouteModel(route.Config, route.Cluster, new HubTransformer(events)),
                new ClusterModel(cluster.Config with { HttpRequest = request with { ActivityTimeout = policy.Timeout ?? request.ActivityTimeout } }, cluster.HttpClient));
        }
    }
}
