using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Load;

/// <summary>Responds to a caller that holds its share: 429, as it is that caller alone which has to send less.</summary>
internal static class CallerShareProblem
{
    private const string RetryAfterSeconds = "1";

    public static Task WriteAsync(HttpContext context, RequestSlot slot, GatewayMetrics metrics)
    {
        metrics.ShareExceeded();
        slot.Release(); // a client that does not read its 429 holds nothing that others wait for
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        var detail = slot.IsStream
            ? "Too many streams and watches of this caller are open. Close one, or share it."
            : "The gateway serves no further request of this caller at present. Wait for a response, then try again.";
        return TypedResults.Problem(detail, statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    }
}
