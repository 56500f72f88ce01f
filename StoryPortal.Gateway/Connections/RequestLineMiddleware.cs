using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Refuses a request whose first line is longer than <c>Kestrel:Limits:MaxRequestLineSize</c> with 414, over HTTP/2 as over HTTP/1.1.
/// Kestrel itself resets the HTTP/2 stream, without a response: its own limit is <see cref="Headroom"/> times as large.
/// </summary>
internal sealed class RequestLineMiddleware(RequestDelegate next, IOptions<KestrelServerOptions> kestrel)
{
    /// <summary>Kestrel's limit in multiples of the configured one.</summary>
    public const int Headroom = 2;

    // "GET /v1/agents HTTP/1.1", with two spaces and CRLF.
    private const int BytesBesideTarget = 12;

    private readonly int _maxBytes = kestrel.Value.Limits.MaxRequestLineSize / Headroom;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        return request.Method.Length + request.RawTarget.Length + BytesBesideTarget <= _maxBytes
            ? next(context)
            : TypedResults.Problem($"A request's first line has at most {_maxBytes} bytes.", statusCode: StatusCodes.Status414UriTooLong)
                .ExecuteAsync(context);
    }
}
