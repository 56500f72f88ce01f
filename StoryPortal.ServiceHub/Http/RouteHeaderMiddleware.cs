using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Diagnostics;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Tells the gateway, on the port that only it reaches, which route answered: it knows no more than that the hub takes <c>/v1</c>.</summary>
internal sealed class RouteHeaderMiddleware(RequestDelegate next, ListenOptions listen)
{
    private static readonly ConditionalWeakTable<RouteEndpoint, string> Templates = [];

    private static readonly Func<object, Task> Write = state =>
    {
        var context = (HttpContext)state;
        // An error takes the endpoint away from the request, and remembers it.
        if ((context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint) is RouteEndpoint endpoint)
        {
            context.Response.Headers[RouteHeader.Name] = Templates.GetValue(endpoint, static endpoint => $"/{endpoint.RoutePattern.RawText?.Trim('/')}");
        }

        return Task.CompletedTask;
    };

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalPort == listen.Http2)
        {
            context.Response.OnStarting(Write, context); // not before: an error clears the headers
        }

        return next(context);
    }
}
