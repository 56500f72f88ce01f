using System.Diagnostics;
using System.Net;
using StoryPortal.Gateway.RateLimiting;
using StoryPortal.Gateway.Routes;

namespace StoryPortal.Gateway.Exchanges;

/// <summary>One request and its answer, as the gateway knows them: a feature of the request while it is served, a line of the request log afterwards.</summary>
internal sealed class Exchange
{
    /// <summary>That of a request.</summary>
    public static Exchange Of(HttpContext context) => (Exchange)context.Features[typeof(Exchange)]!;

    /// <summary>Makes it that of a request.</summary>
    public void RememberFor(HttpContext context) => context.Features[typeof(Exchange)] = this;

    public required long Started { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public required string RequestId { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    public required Activity? Activity { get; init; }

    public IPAddress? Address { get; init; }

    public string? UserAgent { get; init; }

    public long? RequestBytes { get; init; }

    /// <summary>The request itself, while it is served.</summary>
    public HttpContext? Context { get; set; }

    /// <summary>What the configuration says of its route; set as soon as it is routed.</summary>
    public RoutePolicy Policy { get; set; } = RoutePolicy.Default;

    /// <summary>Template of the route that answered, as the hub told, else the gateway's own.</summary>
    public string? Route { get; set; }

    /// <summary>The name of the caller's key.</summary>
    public string? Consumer { get; set; }

    /// <summary>What the answer tells of the caller's rate.</summary>
    public RateAnswer Rate { get; set; }

    /// <summary>What the cache did.</summary>
    public string? Cache { get; set; }

    /// <summary>Whether it counts as one of the requests that are being served (<see cref="Load.LoadLimit"/>), until it is complete.</summary>
    public bool IsServed { get; set; }

    public int StatusCode { get; set; }

    public TimeSpan Latency { get; set; }

    public long? ResponseBytes { get; set; }
}
