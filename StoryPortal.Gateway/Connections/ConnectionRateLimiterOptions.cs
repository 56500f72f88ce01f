using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.Connections;

/// <summary>The rate at which the gateway accepts connections, section <c>Connections</c>. All other limits are Kestrel's own.</summary>
public sealed class ConnectionRateLimiterOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Connections";

    /// <summary>
    /// Connections that are accepted in a second, for each processor; the others wait in the backlog. Default 500: connected callers keep
    /// most of the processors' time during a flood of connections.
    /// </summary>
    [Range(1, 1_000_000)]
    public int NewPerSecondAndProcessor { get; set; } = 500;
}
