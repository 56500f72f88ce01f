using Yarp.ReverseProxy.Configuration;

namespace StoryPortal.Gateway.Routes;

/// <summary>Turns what the configuration says of a route into metadata of its endpoint.</summary>
internal static class RouteExtensions
{
    public static void WithPolicy(this IEndpointConventionBuilder endpoint, RouteConfig route)
    {
        if (route.Timeout is not null || route.TimeoutPolicy is not null)
        {
            throw new InvalidOperationException($"ReverseProxy:Routes:{route.RouteId} has a Timeout or a TimeoutPolicy of its own: put Timeout into its Metadata.");
        }

        endpoint.WithMetadata(RoutePolicy.From(route));
    }
}
