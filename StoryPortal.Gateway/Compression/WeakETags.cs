using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace StoryPortal.Gateway.Compression;

/// <summary>
/// Weakens the ETag of a response that may be compressed: a strong one names the hub's bytes (RFC 9110, section 8.8.1). It looks at the
/// request alone, so that GET, HEAD and 304 carry the same tag, and runs when the response starts, so that the output cache stores the
/// hub's tag.
/// </summary>
internal sealed class WeakETags(RequestDelegate next)
{
    private static readonly Func<object, Task> OnStarting = WriteAsync;

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(OnStarting, context);
        return next(context);
    }

    private static Task WriteAsync(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        if (headers.ETag is not { Count: 1 } tags)
        {
            return Task.CompletedTask;
        }

        if (!headers.Vary.ToString().Contains(HeaderNames.AcceptEncoding, StringComparison.OrdinalIgnoreCase))
        {
            headers.Vary = StringValues.Concat(headers.Vary, HeaderNames.AcceptEncoding);
        }

        if (tags[0]!.StartsWith('"') && Encodings.Preferred(context.Request.Headers.AcceptEncoding) is not null)
        {
            headers.ETag = "W/" + tags[0];
        }

        return Task.CompletedTask;
    }
}
