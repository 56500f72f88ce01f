using System.ComponentModel.DataAnnotations;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// How a gateway learns of invalidations, section <c>OutputCache</c>. The same section has ASP.NET Core's own settings of the output cache:
/// <c>SizeLimit</c>, <c>MaximumBodySize</c> and <c>DefaultExpirationTimeSpan</c>.
/// </summary>
public sealed class BackplaneOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "OutputCache";

    /// <summary>Time without a heartbeat of its own through Redis after which a gateway counts as disconnected. Default 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.0500000", "00:01:00")]
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Lifetime of a cached response while the gateway is disconnected from Redis. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.0010000", "00:01:00")]
    public TimeSpan DisconnectedTtl { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time for which a write waits until every gateway has acknowledged its invalidation. Default 25 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.0010000", "00:01:00")]
    public TimeSpan AcknowledgementTimeout { get; set; } = TimeSpan.FromMilliseconds(25);
}
