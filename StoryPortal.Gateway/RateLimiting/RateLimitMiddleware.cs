using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>Counts each request for its caller, or for its address when no caller is authenticated. Failed attempts count for the address.</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RateLimiter limiter, GatewayMetrics metrics)
{
    public Task InvokeAsync(HttpContext context)
    {
        var window = context.Caller is { } caller ? limiter.Of(caller) : limiter.Of(context.Connection.RemoteIpAddress);
        var answer = limiter.Take(window);
        Exchange.Of(context).Rate = answer;
        return answer.IsTaken ? next(context) : RefuseAsync(context);
    }

    private Task RefuseAsync(HttpContext context)
    {
        metrics.Limited();
        var rate = Exchange.Of(context).Rate;
        context.Response.Headers.RetryAfter = RateAnswer.Text(rate.ResetSeconds);
        return TypedResults.Problem(
            $"{rate.Limit} requests a minute are allowed; there is room again in {rate.ResetSeconds} s.", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    }
}
