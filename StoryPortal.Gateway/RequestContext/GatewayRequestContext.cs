using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using StoryPortal.Gateway.Load;
using StoryPortal.Gateway.RateLimiting;

namespace StoryPortal.Gateway.RequestContext;

/// <summary>
/// A request and its response as the request log records them. A feature of the request: it lives as long as the request.
/// </summary>
internal sealed class GatewayRequestContext
{
    /// <summary>When the request arrived, in ticks of <see cref="Stopwatch"/>.</summary>
    public required long Started { get; init; }

    /// <summary>When the request arrived.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The caller's id or a new one.</summary>
    public required string RequestId { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without <c>/api</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The server's span; null: none was started.</summary>
    public required Activity? Activity { get; init; }

    /// <summary>The caller's address.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The caller's <c>User-Agent</c>.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Bytes of the request's body; null: not announced.</summary>
    public long? RequestBytes { get; init; }

    /// <summary>Template of the route: the hub's where the hub names it, else the gateway's own; null: no route matched.</summary>
    public string? Route { get; set; }

    /// <summary>Name of the caller's key; null without a valid key.</summary>
    public string? Consumer { get; set; }

    /// <summary>The window of the rate limiter in which the request counts; null: it does not count.</summary>
    public SlidingWindow? RateLimit { get; set; }

    /// <summary>The slot that the request holds; null: none, as of health checks.</summary>
    public RequestSlot? Slot { get; set; }

    /// <summary>The response's <c>X-Cache</c>; null: no cache was asked.</summary>
    public string? Cache { get; set; }

    /// <summary>The response's status.</summary>
    public int StatusCode { get; set; }

    /// <summary>From the arrival to the end of the pipeline.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Bytes of the response's body; null: not announced.</summary>
    public long? ResponseBytes { get; set; }

    /// <summary>The context of a request.</summary>
    public static GatewayRequestContext Get(HttpContext context) => context.Features.GetRequiredFeature<GatewayRequestContext>();
}
