using System.Globalization;
using StoryPortal.Gateway.RequestContext;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// Writes the RateLimit headers of accepted and refused requests. The framework's middleware does not expose the lease of an accepted
/// request (dotnet/aspnetcore#44140), so the headers are the window's state when the response starts.
/// </summary>
internal sealed class RateLimitHeaders(RequestDelegate next)
{
    private static readonly Func<object, Task> OnStarting = WriteAsync;

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(OnStarting, context);
        return next(context);
    }

    private static Task WriteAsync(object state)
    {
        var context = (HttpContext)state;
        if (GatewayRequestContext.Get(context).RateLimit?.GetState() is { } rate)
        {
            var headers = context.Response.Headers;
            headers["RateLimit-Limit"] = rate.Limit.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Remaining"] = rate.Remaining.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Reset"] = rate.ResetSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return Task.CompletedTask;
    }
}
