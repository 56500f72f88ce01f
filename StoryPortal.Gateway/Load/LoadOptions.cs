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

    /// <summary>Average time until hubs respond to reads above which the limit falls. Default 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan TargetLatency { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Requests, at most, that wait for their client, which sends a body or reads a response; they hold no slot of the concurrent requests.
    /// Default 1,000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentTransfers { get; set; } = 1000;

    /// <summary>
    /// Share of the concurrent requests, and of the transfers, that one caller may hold while no other does: a key, else an address, of
    /// IPv6 its network of 64 bits. At 0.5 several such callers leave as much free as each of them holds. Default 0.5; 1: no share.
    /// </summary>
    [Range(0.01, 1)]
    public double CallerShare { get; set; } = 0.5;

    /// <summary>Concurrent streams and watches, at most, beside the requests. Default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentStreams { get; set; } = 5000;

    /// <summary>Concurrent streams and watches of a key, or of an address without a key; one more gets 429. Default 100.</summary>
    [Range(1, 1_000_000)]
    public int MaxConcurrentStreamsPerCaller { get; set; } = 100;
}
