using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>How many requests a caller may make, section <c>RateLimiting</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "RateLimiting";

    // Whoever develops on this machine also measures on it.
    internal const int InDevelopment = 100_000_000;

    /// <summary>Requests a minute of a key that has no number of its own. Default 60,000; in Development 100,000,000.</summary>
    [Range(1, InDevelopment)]
    public int? RequestsPerMinute { get; set; }

    /// <summary>Requests a minute of an address without a key, or whose keys are not valid. Default 6,000; in Development 100,000,000.</summary>
    [Range(1, InDevelopment)]
    public int? RequestsPerMinutePerAddress { get; set; }

    /// <summary>Milliseconds after which the gateways tell each other, through Redis, what they have counted. Default 100.</summary>
    [Range(10, 10_000)]
    public int SharedEveryMilliseconds { get; set; } = 100;

    /// <summary>Whether answers carry the RateLimit headers. Default: yes.</summary>
    public bool Headers { get; set; } = true;
}
