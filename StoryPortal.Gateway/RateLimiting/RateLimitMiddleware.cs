using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>
/// Counts each request for its key, or for its address where it has none that is valid. A key that is not known yet counts for the address until
/// it has been verified: whoever tries keys is limited like anybody else.
/// </summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RateLimiter limiter, KeyVerifier keys, GatewayMetrics metrics)
{
    public Task InvokeAsync(HttpContext context)
    {
        var presented = PresentedKey.Of(context);
        var verdict = presented is null ? null : keys.Recall(presented);
        if (verdict is not null)
        {
            verdict.RememberFor(context);
        }

        var window = verdict?.Key is { } key ? limiter.Of(key) : limiter.Of(context.Connection.RemoteIpAddress);
        if (!TryTake(context, window))
        {
            return RefuseAsync(context);
        }

        return presented is null || verdict is not null ? next(context) : VerifyAsync(context, presented, window);
    }

    private async Task VerifyAsync(HttpContext context, PresentedKey presented, RateWindow address)
    {
        var verdict = await keys.VerifyAsync(presented);
        verdict.RememberFor(context);
        if (verdict.Key is { } key)
        {
            address.GiveBack();
            if (!TryTake(context, limiter.Of(key)))
            {
                await RefuseAsync(context);
                return;
            }
        }

        await next(context);
    }

    private bool TryTake(HttpContext context, RateWindow window)
    {
        var answer = limiter.Take(window);
        Exchange.Of(context).Rate = answer;
        return answer.IsTaken;
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
