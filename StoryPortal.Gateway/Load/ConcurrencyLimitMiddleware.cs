using System.Diagnostics;
using StoryPortal.Gateway.Routes;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Holds a slot of the <see cref="AdaptiveConcurrencyLimiter"/> for each request, and ends streams when the gateway stops.
/// </summary>
internal sealed class ConcurrencyLimitMiddleware(
    RequestDelegate next, AdaptiveConcurrencyLimiter limiter, GatewayMetrics metrics, Drain drain)
{
    private const string RetryAfterSeconds = "1";

    public Task InvokeAsync(HttpContext context)
    {
        if (IsReset(context))
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        }

        return RoutePolicy.Get(context).IsStream
            ? limiter.TryAcquireStream() ? StreamAsync(context) : RejectAsync(context, "too many streams are open")
            : limiter.TryAcquire() ? ServeAsync(context) : RejectAsync(context, "too many requests are being served");
    }

    // An HTTP/2 stream may be reset before its request begins. (Over HTTP/1.1 the abort is seen later than this.)
    private static bool IsReset(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && context.RequestAborted.IsCancellationRequested;

    private async Task ServeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            // Of other methods the sender of the body decides how long the request takes.
            limiter.Release(HttpMethods.IsGet(context.Request.Method) ? Stopwatch.GetElapsedTime(started) : null);
        }
    }

    private async Task StreamAsync(HttpContext context)
    {
        var caller = context.RequestAborted;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(caller, drain.StreamsEnd);
        context.RequestAborted = ends.Token;
        try
        {
            await next(context);
            if (drain.StreamsEnd.IsCancellationRequested && !caller.IsCancellationRequested && !context.Response.HasStarted)
            {
                context.RequestAborted = caller;
                context.Response.Clear();
                await UnavailableAsync(context, "The gateway stops. Send the request again.");
            }
        }
        finally
        {
            limiter.ReleaseStream();
        }
    }

    private Task RejectAsync(HttpContext context, string reason)
    {
        metrics.Shed();
        return UnavailableAsync(context, $"The gateway is busy: {reason}. Try again.");
    }

    private static Task UnavailableAsync(HttpContext context, string detail)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem(detail, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }
}
