using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>The rate limits of callers, section <c>RateLimiting</c>.</summary>
public sealed class RateLimitOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "RateLimiting";

    // A developer also measures on the development machine.
    internal const int InDevelopment = 100_000_000;

    /// <summary>Requests a minute of a key without a number of its own. Default 60,000; in Development 100,000,000.</summary>
    [Range(1, InDevelopment)]
    public int? RequestsPerMinute { get; set; }

    /// <summary>Requests a minute of an address without a valid key. Default 6,000; in Development 100,000,000.</summary>
    [Range(1, InDevelopment)]
    public int? RequestsPerMinutePerAddress { get; set; }

    /// <summary>
    /// Named policies, such as <c>RateLimiting:Policies:exports:RequestsPerMinute</c>: a route with the <c>RateLimiterPolicy</c>
    /// <c>exports</c> counts its requests apart, with this limit for each key and <c>RequestsPerMinutePerAddress</c> for each address.
    /// Default: none.
    /// </summary>
    public Dictionary<string, RateLimitPolicyOptions> Policies { get; set; } = [];

    /// <summary>Time after which the gateways exchange their counts through Redis. Default 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")]
    public TimeSpan SyncInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether responses carry the RateLimit headers. Default: yes.</summary>
    public bool Headers { get; set; } = true;
}

/// <summary>The limits of a named policy.</summary>
public sealed class RateLimitPolicyOptions
{
    /// <summary>Requests a minute of a key. Default: as without the policy.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>Requests a minute of an address without a valid key. Default: as without the policy.</summary>
    public int? RequestsPerMinutePerAddress { get; set; }
}
