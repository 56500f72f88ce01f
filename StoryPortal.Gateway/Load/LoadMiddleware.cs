using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Routes;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.Gateway.Load;

/// <summary>Takes on what can be served in time. Streams are counted apart, and end as soon as the gateway does.</summary>
internal sealed class LoadMiddleware(RequestDelegate next, LoadLimit limit, GatewayMetrics metrics, Drain drain)
{
    private const string RetryAfterSeconds = "1";

    public Task InvokeAsync(HttpContext context)
    {
        var exchange = Exchange.Of(context);
        exchange.Policy = context.GetEndpoint()?.Metadata.GetMetadata<RoutePolicy>() ?? RoutePolicy.Default;

        if (exchange.Policy.IsStream)
        {
            return limit.TryOpenStream() ? StreamAsync(context) : RefuseAsync(context, "too many streams are open");
        }

        exchange.IsServed = limit.TryEnter();
        return exchange.IsServed ? next(context) : RefuseAsync(context, "too many requests are being served");
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
                context.Response.Headers.RetryAfter = RetryAfterSeconds;
                await TypedResults.Problem("The gateway stops. Ask again.", statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
            }
        }
        finally
        {
            limit.CloseStream();
        }
    }

    private Task RefuseAsync(HttpContext context, string reason)
    {
        metrics.Shed();
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem($"The gateway is busy: {reason}. Try again.", statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }
}
