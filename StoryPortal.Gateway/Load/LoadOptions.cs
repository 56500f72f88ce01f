using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.Load;

/// <summary>How many requests the gateway serves concurrently, section <c>Load</c>.</summary>
public sealed class LoadOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Load";

    /// <summary>Concurrent requests, at most; one more gets 503. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentRequests { get; set; } = 1000;

    /// <summary>Concurrent requests below which the adaptive limit never falls, however slow responses become. Default 50.</summary>
    [Range(1, 1_000_000)]
    public int MinConcurrentRequests { get; set; } = 50;

    /// <summary>Average time of responses to reads above which the limit falls. Default 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan TargetLatency { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Concurrent streams and watches, at most, beside the requests. Default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentStreams { get; set; } = 5000;
}
