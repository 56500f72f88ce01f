using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Counts the slot of a request as one of its caller, and refuses the request above the caller's share. A limiter of <c>UseRateLimiter</c>
/// has a fixed number of permits, and holds one also while a response waits for its client.
/// </summary>
internal sealed class CallerShareMiddleware(RequestDelegate next, CallerLoads callers, GatewayMetrics metrics)
{
    public Task InvokeAsync(HttpContext context)
    {
        var slot = RequestSlot.Get(context);
        return slot.TryAssign(callers.Get(context)) ? next(context) : CallerShareProblem.WriteAsync(context, slot, metrics);
    }
}
