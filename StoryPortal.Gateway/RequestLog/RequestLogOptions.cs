using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>The log of requests, section <c>RequestLog</c>.</summary>
public sealed class RequestLogOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "RequestLog";

    /// <summary>Whether requests are logged. Default: yes.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Requests that wait to be logged; beyond it they are dropped and counted. Default 10,000.</summary>
    [Range(1, 10_000_000)]
    public int Capacity { get; set; } = 10_000;

    /// <summary>Requests that are sent to a hub at once. Default 1,000.</summary>
    [Range(1, 50_000)]
    public int BatchSize { get; set; } = 1000;

    /// <summary>
    /// Milliseconds between two batches. Default 200: with the size of a batch it bounds what the log costs the hubs and the database, to 5,000 requests a second.
    /// </summary>
    [Range(1, 60_000)]
    public int IntervalMilliseconds { get; set; } = 200;
}
