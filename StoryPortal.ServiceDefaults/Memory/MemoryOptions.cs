using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Memory;

/// <summary>What becomes of memory that a peak has left, section <c>Memory</c>.</summary>
public sealed class MemoryOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Memory";

    /// <summary>Seconds during which a process has to be quiet before it gives back what a peak has left. 0: never.</summary>
    [Range(0, 3600)]
    public int ReturnAfterQuietSeconds { get; set; } = 20;
}
