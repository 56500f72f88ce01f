using Yarp.ReverseProxy.Forwarder;

namespace StoryPortal.Gateway.Proxy;

/// <summary>
/// Responds for a hub that refuses a request itself: because its headers are larger than the hub's SETTINGS_MAX_HEADER_LIST_SIZE, or because it is
/// malformed or too large in the hub's view (PROTOCOL_ERROR). Another attempt would fail as this one, and the hub is well: neither retries nor
/// passive health checks, which stand before this middleware, see an error.
/// </summary>
internal sealed partial class RefusedRequestMiddleware(RequestDelegate next, ILogger<RefusedRequestMiddleware> logger)
{
    private const long ProtocolError = 1; // RFC 9113, section 7

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is { Error: ForwarderError.Request, Exception: { } exception }
            && !context.Response.HasStarted && StatusOf(exception) is { } status)
        {
            LogRefused(context.Request.Path, exception.Message);
            context.Features.Set<IForwarderErrorFeature>(null);
            await TypedResults.Problem("A hub refuses the request: it is malformed, or its target or headers are too large.", statusCode: status).ExecuteAsync(context);
        }
    }

    // HttpClient names no reason when it compares headers with the hub's limit, and has no inner exception: nothing was sent.
    private static int? StatusOf(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: null, StatusCode: null } => StatusCodes.Status431RequestHeaderFieldsTooLarge,
        HttpRequestException { InnerException: HttpProtocolException { ErrorCode: ProtocolError } reset } when IsStreamReset(reset) =>
            StatusCodes.Status400BadRequest,
        _ => null,
    };

    // The same exception and code tell of a connection that broke, as of a hub that was killed: the message alone names the RST_STREAM frame.
    private static bool IsStreamReset(HttpProtocolException exception) => exception.Message.StartsWith("The HTTP/2 server reset the stream", StringComparison.Ordinal);

    [LoggerMessage(1, LogLevel.Warning, "A hub refuses a request for {Path}: {Reason}")]
    private partial void LogRefused(string path, string reason);
}
