using Microsoft.AspNetCore.Http.Features;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Refuses a request whose first line is longer than <see cref="ConnectionOptions.RequestLineBytes"/> with 414, over HTTP/2 as over HTTP/1.1. Kestrel
/// itself resets an HTTP/2 stream for that, which tells the caller nothing.
/// </summary>
internal sealed class RequestLineMiddleware(RequestDelegate next, ConnectionOptions options)
{
    // "GET /v1/agents HTTP/1.1", with two spaces and CRLF.
    private const int BytesBesideTarget = 12;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        return request.Method.Length + request.RawTarget.Length + BytesBesideTarget <= options.RequestLineBytes
            ? next(context)
            : TypedResults.Problem($"A request's first line has at most {options.RequestLineBytes} bytes.", statusCode: StatusCodes.Status414UriTooLong).ExecuteAsync(context);
    }
}
