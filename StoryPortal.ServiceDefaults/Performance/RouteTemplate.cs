using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Which route answers a request.</summary>
public static class RouteTemplate
{
    private static readonly ConditionalWeakTable<RouteEndpoint, string> Templates = [];

    /// <summary>The template of the request's route, such as <c>/v1/agents/{id}</c>; null when there is none.</summary>
    /// <remarks>An error takes the endpoint away from the request, and remembers it.</remarks>
    public static string? Of(HttpContext context) =>
        (context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint) is RouteEndpoint endpoint
            ? Templates.GetValue(endpoint, static endpoint => $"/{endpoint.RoutePattern.RawText?.Trim('/')}")
            : null;
}
