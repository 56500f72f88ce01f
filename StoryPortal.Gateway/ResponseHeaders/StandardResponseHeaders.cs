using Microsoft.Extensions.Primitives;
using StoryPortal.Gateway.Routes;

namespace StoryPortal.Gateway.ResponseHeaders;

/// <summary>
/// Writes the headers by which browsers and shared caches handle every response safely. They are written when the response starts: an error
/// that clears the headers keeps them, and no cache of the gateway stores them.
/// </summary>
internal sealed class StandardResponseHeaders
{
    // Data is never rendered; a page loads files of this origin alone; only the API documents have inline scripts and styles.
    private const string PolicyForData = "default-src 'none'; frame-ancestors 'none'";
    private const string PolicyForPages =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";
    private const string PolicyForInline =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly StringValues OneYear = "max-age=31536000; includeSubDomains";

    // A response to one key must not reach another caller through a shared cache; a private cache validates it by its ETag.
    private static readonly StringValues PrivateNoCache = "private, no-cache";

    private readonly RequestDelegate _next;
    private readonly Func<object, Task> _onStarting;

    // A browser would require TLS of localhost in all other projects as well.
    private readonly bool _requiresTls;

    public StandardResponseHeaders(RequestDelegate next, IHostEnvironment environment) =>
        (_next, _onStarting, _requiresTls) = (next, WriteAsync, !environment.IsDevelopment());

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(_onStarting, context);
        return _next(context);
    }

    private Task WriteAsync(object state)
    {
        var context = (HttpContext)state;
        var policy = RoutePolicy.Get(context);
        var headers = context.Response.Headers;
        headers.Server = default; // the hub's
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers["Referrer-Policy"] = NoReferrer;
        headers.ContentSecurityPolicy = !policy.IsPage ? PolicyForData : policy.HasInline ? PolicyForInline : PolicyForPages;
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = PrivateNoCache;
        }

        if (_requiresTls && context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = OneYear;
        }

        return Task.CompletedTask;
    }
}
