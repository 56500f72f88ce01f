using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>How the threads of a process share the processors, section <c>Scheduling</c>.</summary>
public sealed class SchedulingOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Scheduling";

    /// <summary>
    /// Requests a second, for each of its processors, from which on the thread that waits for a process's sockets interrupts no other. Default 3000: they are short
    /// then, so that it does not wait for long. 0: never. Linux only.
    /// </summary>
    [Range(0, 1_000_000)]
    public int BusyRequestsPerSecondAndProcessor { get; set; } = 3000;
}
