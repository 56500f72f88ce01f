using System.ComponentModel.DataAnnotations;

namespace StoryPortal.DataLayer.Caching;

/// <summary>How a process caches, section <c>Cache</c>.</summary>
public sealed class CacheOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Cache";

    /// <summary>Megabytes of answers that this process keeps in memory. Default 128.</summary>
    [Range(1, 16_384)]
    public int MemoryMegabytes { get; set; } = 128;

    /// <summary>Minutes for which an answer is kept beyond its freshness, for when the database is away. Default 60.</summary>
    [Range(0, 1440)]
    public int StaleMinutes { get; set; } = 60;

    /// <summary>Milliseconds that a write waits at most until the other processes have dropped what it invalidates. Default 25.</summary>
    [Range(0, 1000)]
    public int AcknowledgementMilliseconds { get; set; } = 25;

    /// <summary>Milliseconds without hearing itself after which a process takes it that it hears nobody. Default 500.</summary>
    [Range(50, 60_000)]
    public int SilenceMilliseconds { get; set; } = 500;

    /// <summary>Milliseconds after which a read is answered with what is stale, if there is something, while the database is still asked. Default 500.</summary>
    [Range(1, 10_000)]
    public int SoftTimeoutMilliseconds { get; set; } = 500;

    /// <summary>Milliseconds after which a read that finds nothing, not even something stale, is given up. Default 1900.</summary>
    [Range(1, 60_000)]
    public int TimeoutMilliseconds { get; set; } = 1900;

    /// <summary>Agents that the worker puts into Redis when it starts, at most, the latest first. Default 10,000.</summary>
    [Range(0, 1_000_000)]
    public int WarmAgents { get; set; } = 10_000;

    /// <summary>Sessions that the worker puts into Redis when it starts, at most, the latest first. Default 10,000.</summary>
    [Range(0, 1_000_000)]
    public int WarmSessions { get; set; } = 10_000;

    internal TimeSpan StaleWindow => TimeSpan.FromMinutes(StaleMinutes);
}
