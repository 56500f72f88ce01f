using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Compression;
using StoryPortal.Gateway.RequestContext;
using StoryPortal.Gateway.Routes;
using StoryPortal.Gateway.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// Caches the responses of a route with one tag, for authenticated callers too: authorization comes before the output cache. A response
/// depends on the path, the query string as it was sent and the content coding, and on nothing else of the caller.
/// </summary>
internal sealed class TaggedOutputCachePolicy(
    OutputCacheTag tag, TagVersions versions, IOptions<BackplaneOptions> backplane, GatewayMetrics metrics) : IOutputCachePolicy
{
    private const int MaxTargetLength = 1024;

    private const string CacheHeader = "X-Cache";

    // The hub could not read the database.
    private const string Stale = "STALE";

    private const string Hit = "HIT";
    private const string Miss = "MISS";

    private static readonly Func<object, Task> OnStarting = WriteCacheHeaderAsync;

    private readonly TimeSpan _disconnectedTtl = backplane.Value.DisconnectedTtl;

    /// <inheritdoc/>
    public async ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        var request = context.HttpContext.Request;
        var length = (request.Path.Value?.Length ?? 0) + (request.QueryString.Value?.Length ?? 0);
        if (!HttpMethods.IsGet(request.Method) || RoutePolicy.Get(context.HttpContext).IsStream || length > MaxTargetLength)
        {
            return;
        }

        var version = await versions.GetAsync(tag);
        var encoding = Encodings.Preferred(request.Headers.AcceptEncoding);
        context.EnableOutputCaching = true;
        context.AllowCacheLookup = !Contains(request.Headers.CacheControl.ToString(), "no-cache");
        context.AllowCacheStorage = true;
        context.AllowLocking = false; // behind the stock lock a slow first reader delays all others; hubs coalesce reads
        context.ResponseExpirationTimeSpan = version.IsShared ? null : _disconnectedTtl;

        // QueryKeys ignores case, and a Link header repeats the query: the key has the query as it was sent.
        context.CacheVaryByRules.CacheKeyPrefix = version.KeyPrefix(encoding) + request.QueryString.Value;
        context.CacheVaryByRules.VaryByHost = false; // hubs see a host of their own

        context.HttpContext.Response.OnStarting(OnStarting, context.HttpContext);
        request.Headers.AcceptEncoding = encoding; // compression decides as the key does

        // A resource without Last-Modified ignores it (RFC 9110 §13.1.3); the output cache would compare it with Date.
        request.Headers.IfModifiedSince = default;
    }

    /// <inheritdoc/>
    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        metrics.Hit();
        GatewayRequestContext.Get(context.HttpContext).Cache = Hit;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation)
    {
        metrics.Miss();
        context.Tags.Add(tag.Name);
        var (http, headers) = (context.HttpContext, context.HttpContext.Response.Headers);
        var isWhole = http.Response.StatusCode == StatusCodes.Status200OK && http.Features.Get<IForwarderErrorFeature>() is null;
        context.AllowCacheStorage = isWhole && headers.SetCookie.Count == 0 && headers[CacheHeader] != Stale
            && !Contains(headers.CacheControl.ToString(), "no-store");
        return ValueTask.CompletedTask;
    }

    // After the output cache has written the headers that it stored, the hub's X-Cache among them.
    private static Task WriteCacheHeaderAsync(object state)
    {
        var http = (HttpContext)state;
        var headers = http.Response.Headers;
        if (GatewayRequestContext.Get(http).Cache == Hit)
        {
            headers[CacheHeader] = Hit;
        }
        else if (http.Response.StatusCode == StatusCodes.Status200OK && !headers.ContainsKey(CacheHeader))
        {
            headers[CacheHeader] = Miss;
        }

        return Task.CompletedTask;
    }

    private static bool Contains(string header, string directive) => header.Contains(directive, StringComparison.OrdinalIgnoreCase);
}
