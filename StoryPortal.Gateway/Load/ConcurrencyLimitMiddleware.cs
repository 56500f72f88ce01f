using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.Routes;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Takes a <see cref="RequestSlot"/> for each request, and ends streams when the gateway stops.
/// </summary>
internal sealed class ConcurrencyLimitMiddleware(
    RequestDelegate next, AdaptiveConcurrencyLimiter limiter, GatewayMetrics metrics, Drain drain, IOptions<KestrelServerOptions> kestrel,
    TimeProvider time)
{
    private const string RetryAfterSeconds = "1";

    private readonly MinDataRate? _minResponseDataRate = kestrel.Value.Limits.MinResponseDataRate;

    public Task InvokeAsync(HttpContext context)
    {
        if (IsReset(context))
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return Task.CompletedTask;
        }

        var slot = new RequestSlot(limiter, RoutePolicy.Get(context).IsStream);
        if (!slot.TryAcquire())
        {
            return RejectAsync(context, slot.IsStream ? "too many streams are open" : "too many requests are being served");
        }

        GatewayRequestContext.Get(context).Slot = slot;
        return ServeAsync(context, slot);
    }

    // An HTTP/2 stream may be reset before its request begins. (Over HTTP/1.1 the abort is seen later than this.)
    private static bool IsReset(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && context.RequestAborted.IsCancellationRequested;

    private async Task ServeAsync(HttpContext context, RequestSlot slot)
    {
        var server = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var body = new ClientResponseBody(context, server, slot, _minResponseDataRate, time);
        context.Features.Set<IHttpResponseBodyFeature>(body);
        try
        {
            await (slot.IsStream ? StreamAsync(context) : next(context));
        }
        finally
        {
            context.Features.Set(server);
            body.Dispose();
            slot.Release();
        }
    }

    private async Task StreamAsync(HttpContext context)
    {
        var caller = context.RequestAborted;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(caller, drain.StreamsEnd);
        context.RequestAborted = ends.Token;
        await next(context);
        if (drain.StreamsEnd.IsCancellationRequested && !caller.IsCancellationRequested && !context.Response.HasStarted)
        {
            context.RequestAborted = caller;
            context.Response.Clear();
            await UnavailableAsync(context, "The gateway stops. Send the request again.");
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
