using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Tells the gateway, on the port that only it reaches, which route answered: it knows no more than that the hub takes <c>/v1</c>.</summary>
internal sealed class RouteHeaderMiddleware(RequestDelegate next, ListenOptions listen)
{
    private static readonly Func<object, Task> Write = state =>
    {
        var context = (HttpContext)state;
        if (RouteTemplate.Of(context) is { } template)
        {
            context.Response.Headers[RouteHeader.Name] = template;
        }

        return Task.CompletedTask;
    };

    public Task InvokeAsync(HttpContext context)
    {
        if (listen.IsFromGateway(context))
        {
            context.Response.OnStarting(Write, context); // not before: an error clears the headers
        }

        return next(context);
    }
}
