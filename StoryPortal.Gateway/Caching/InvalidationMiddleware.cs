using Microsoft.AspNetCore.OutputCaching;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// Evicts the responses that a write replaces (<see cref="Routes.RoutePolicy.InvalidatesTag"/>) before its own response starts: the hub has committed, and a
/// caller that has the response reads what was written, at every gateway.
/// </summary>
internal sealed class InvalidationMiddleware(RequestDelegate next, IOutputCacheStore store)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (RoutePolicy.Get(context).InvalidatesTag is { } tag)
        {
            context.Response.OnStarting(() => EvictAsync(context.Response, tag));
        }

        return next(context);
    }

    // A hub that does not respond may have committed.
    private async Task EvictAsync(HttpResponse response, string tag)
    {
        var isUnchanged = response.Headers.Remove(ChangeHeader.Name, out var changes) && changes == ChangeHeader.None;
        if (!isUnchanged && response.StatusCode is < StatusCodes.Status400BadRequest or >= StatusCodes.Status500InternalServerError)
        {
            await store.EvictByTagAsync(tag, CancellationToken.None);
        }
    }
}
