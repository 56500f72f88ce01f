using System.Runtime.CompilerServices;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults.Draining;
using Yarp.ReverseProxy.Model;

namespace StoryPortal.Gateway.Proxy;

/// <summary>Gives routes without transforms of their own the <see cref="HubTransformer"/>, made once for each route.</summary>
internal sealed class HubTransformerMiddleware(RequestDelegate next, Drain drain)
{
    private readonly EventRelay _events = new(drain.StreamsEnd);
    private readonly ConditionalWeakTable<RouteModel, RouteModel> _routes = [];

    public Task InvokeAsync(HttpContext context)
    {
        context.Request.Headers.Upgrade = default; // no hub upgrades a connection: YARP would make a CONNECT of a WebSocket's GET (RFC 9110, 7.8: a server may ignore it)
        var proxied = context.GetReverseProxyFeature();
        if (proxied.Route.Config.Transforms is not { Count: > 0 })
        {
            context.Features.Set<IReverseProxyFeature>(new ReverseProxyFeature
            {
                Route = GetRoute(proxied.Route, RoutePolicy.Get(context).IsStream),
                Cluster = proxied.Cluster,
                AllDestinations = proxied.AllDestinations,
                AvailableDestinations = proxied.AvailableDestinations,
            });
        }

        return next(context);
    }

    private RouteModel GetRoute(RouteModel route, bool isStream)
    {
        if (!_routes.TryGetValue(route, out var transformed))
        {
            transformed = new RouteModel(route.Config, route.Cluster, new HubTransformer(isStream ? _events : null));
            _routes.AddOrUpdate(route, transformed);
        }

        return transformed;
    }
}
