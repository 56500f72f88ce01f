using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>How the threads of a process share the processors, section <c>Scheduling</c>.</summary>
public sealed class SchedulingOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Scheduling";

    /// <summary>Share of the processors from which on a process counts as busy, so that the thread that waits for its sockets interrupts no other. 0: never. Linux only.</summary>
    [Range(0, 1.0)]
    public double BusyShare { get; set; } = 0.1;
}
