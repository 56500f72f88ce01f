using System.Buffers;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Refuses HTTP/2 requests with a header whose name is not a token (RFC 9113 §8.2.1). Kestrel checks names over HTTP/1.1 alone; of HTTP/2
/// it refuses upper case.
/// </summary>
internal sealed class HeaderNameMiddleware(RequestDelegate next)
{
    // RFC 9110 §5.6.2.
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public Task InvokeAsync(HttpContext context) => HttpProtocol.IsHttp2(context.Request.Protocol) && !AreTokens(context.Request.Headers)
        ? TypedResults.Problem(
            "A header name contains a character that RFC 9110 does not allow.", statusCode: StatusCodes.Status400BadRequest)
            .ExecuteAsync(context)
        : next(context);

    private static bool AreTokens(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.AsSpan().ContainsAnyExcept(Token))
            {
                return false;
            }
        }

        return true;
    }
}
