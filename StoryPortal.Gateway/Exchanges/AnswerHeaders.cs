using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using StoryPortal.Gateway.Compression;
using StoryPortal.Gateway.Connections;
using StoryPortal.Gateway.RateLimiting;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.Gateway.Exchanges;

/// <summary>Headers that every answer carries, whoever made it: ids, security, rate.</summary>
internal sealed class AnswerHeaders(IOptions<RateLimitOptions> rates, ConnectionOptions connections, IHostEnvironment environment, Drain drain)
{
    // Data is never part of a page; a page takes everything from here, and only the documents have scripts and styles in themselves.
    private const string PolicyForData = "default-src 'none'; frame-ancestors 'none'";
    private const string PolicyForPages =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private const string PolicyForInline =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        + "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly StringValues Close = "close";

    // What a key opened is no shared cache's to give to others, and asked for again by its ETag.
    private static readonly StringValues Private = "private, no-cache";
    private static readonly StringValues OneYear = "max-age=31536000; includeSubDomains";

    private readonly StringValues _idle = string.Create(CultureInfo.InvariantCulture, $"timeout={Math.Floor(connections.KeepAliveSeconds)}");
    private readonly bool _tellsRates = rates.Value.Headers;

    // A browser would keep it for localhost, and for every other project there.
    private readonly bool _insistsOnTls = !environment.IsDevelopment();

    /// <summary>Called when the answer starts, so that an error that clears the headers does not take these with it.</summary>
    public Task OnStartingAsync(object exchange)
    {
        Write((Exchange)exchange);
        return Task.CompletedTask;
    }

    /// <summary>Writes them, once.</summary>
    public void Write(Exchange exchange)
    {
        if (exchange.Context is not { } context)
        {
            return;
        }

        var headers = context.Response.Headers;
        if (headers.TryGetValue(RouteHeader.Name, out var route))
        {
            exchange.Route = route;
            headers.Remove(RouteHeader.Name);
        }

        headers.Server = default; // whoever answered behind the gateway
        headers[RequestIds.Header] = exchange.RequestId;
        headers.TraceParent = exchange.Activity?.Id;
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers["Referrer-Policy"] = NoReferrer;
        headers.ContentSecurityPolicy = !exchange.Policy.IsPage ? PolicyForData : exchange.Policy.HasInline ? PolicyForInline : PolicyForPages;
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = Private;
        }

        if (headers.ETag is { Count: 1 } tag)
        {
            WriteValidator(context.Request, headers, tag[0]!);
        }

        if (_insistsOnTls && context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = OneYear;
        }

        if (exchange.Policy.Preload is { } link && context.Response.StatusCode == StatusCodes.Status200OK)
        {
            headers.Link = StringValues.Concat(headers.Link, link);
        }

        // Or its next request might meet the end of the connection, now or when it has been idle for too long. HTTP/2 has a frame for that.
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            if (drain.HasBegun)
            {
                headers.Connection = Close;
            }
            else
            {
                headers.KeepAlive = _idle;
            }
        }

        if (_tellsRates && exchange.Rate.IsKnown)
        {
            exchange.Rate.WriteTo(headers);
        }

        exchange.Cache ??= headers["X-Cache"];
    }

    // The hub's ETag is strong for its bytes. A caller that accepts a coding may get other bytes under it: RFC 9110 §8.8.1 calls that tag weak. The rule
    // looks at the request alone, so that GET, HEAD and 304 carry the same tag, and Vary says on what it depends.
    private static void WriteValidator(HttpRequest request, IHeaderDictionary headers, string tag)
    {
        if (!headers.Vary.ToString().Contains(HeaderNames.AcceptEncoding, StringComparison.OrdinalIgnoreCase))
        {
            headers.Vary = StringValues.Concat(headers.Vary, HeaderNames.AcceptEncoding);
        }

        if (tag.StartsWith('"') && Encodings.Preferred(request.Headers.AcceptEncoding) is not null)
        {
            headers.ETag = "W/" + tag;
        }
    }
}
