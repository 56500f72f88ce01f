using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.Load;

/// <summary>How much the gateway takes on at once, section <c>Load</c>.</summary>
public sealed class LoadOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Load";

    /// <summary>Requests that are served at the same time; one more is answered 503. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int ConcurrentRequests { get; set; } = 1000;

    /// <summary>Requests that are served at the same time however slow the answers become. Default 50.</summary>
    [Range(1, 1_000_000)]
    public int FewestConcurrentRequests { get; set; } = 50;

    /// <summary>Milliseconds that an answer to a read may take on average before fewer requests are taken on. Default 100.</summary>
    [Range(1, 60_000)]
    public int TargetLatencyMilliseconds { get; set; } = 100;

    /// <summary>Streams and watches that are open at the same time, beside the requests. Default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int ConcurrentStreams { get; set; } = 5000;
}
