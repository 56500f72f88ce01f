using Yarp.ReverseProxy.Configuration;

namespace StoryPortal.Gateway.Routes;

/// <summary>Adds to a route's endpoint what YARP has no setting for.</summary>
internal static class RouteExtensions
{
    // Metadata of earlier versions. Ignored, a scope would leave the route less protected than its configuration says.
    private static readonly (string Name, string Setting)[] Replaced =
    [
        ("Scope", "AuthorizationPolicy"), ("Timeout", "the cluster's HttpRequest:ActivityTimeout"), ("CacheFor", "OutputCachePolicy"),
        ("CacheQuery", "OutputCachePolicy"), ("CacheGroup", "OutputCachePolicy"), ("Evicts", "Metadata:InvalidatesTag"),
    ];

    /// <exception cref="InvalidOperationException">The route has a setting that the gateway does not apply; the message names it.</exception>
    public static void WithPolicy(this IEndpointConventionBuilder endpoint, RouteConfig route)
    {
        if (route.Timeout is not null || route.TimeoutPolicy is not (null or "Disable"))
        {
            throw Refused(route, "Timeout", "the cluster's HttpRequest:ActivityTimeout"); // a timeout of the route cuts exports and streams, and responds 400 (yarp#2662)
        }

        foreach (var (name, setting) in Replaced)
        {
            if (RoutePolicy.Text(route, name) is not null)
            {
                throw Refused(route, $"Metadata:{name}", setting);
            }
        }

        endpoint.WithMetadata(RoutePolicy.From(route));
    }

    private static InvalidOperationException Refused(RouteConfig route, string name, string setting) =>
        new($"ReverseProxy:Routes:{route.RouteId}:{name} is not supported: use {setting}.");
}
