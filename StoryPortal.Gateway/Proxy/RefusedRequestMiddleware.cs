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

    // HttpClient's messages: a connection that broke has the same types and codes. A test fails when an update changes one.
    private const string HeadersTooLarge = "The HTTP request headers length exceeded the server limit";
    private const string StreamReset = "The HTTP/2 server reset the stream";

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

    private static int? StatusOf(Exception exception) => exception switch
    {
        HttpRequestException { InnerException: null } when StartsWith(exception, HeadersTooLarge) => StatusCodes.Status431RequestHeaderFieldsTooLarge,
        HttpRequestException { InnerException: HttpProtocolException { ErrorCode: ProtocolError } reset } when StartsWith(reset, StreamReset) =>
            StatusCodes.Status400BadRequest,
        _ => null,
    };

    private static bool StartsWith(Exception exception, string message) => exception.Message.StartsWith(message, StringComparison.Ordinal);

    [LoggerMessage(1, LogLevel.Warning, "A hub refuses a request for {Path}: {Reason}")]
    private partial void LogRefused(string path, string reason);
}
