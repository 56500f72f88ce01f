using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Load;

/// <summary>Responds to a caller that holds its share: 429, as it is that caller alone which has to send less.</summary>
internal static class CallerShareProblem
{
    private const string RetryAfterSeconds = "1";

    public static Task WriteAsync(HttpContext context, RequestSlot slot, GatewayMetrics metrics)
    {
        metrics.ShareExceeded();
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        var detail = slot.IsStream
            ? "Too many streams and watches of this caller are open. Close one, or share it."
            : "Too many requests of this caller are being served. Wait for some of them, and try again.";
        return TypedResults.Problem(detail, statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    }
}
