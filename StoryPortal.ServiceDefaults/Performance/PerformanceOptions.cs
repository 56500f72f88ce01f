namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The measurements of a process for the scorecard, section <c>Performance</c>.</summary>
public sealed class PerformanceOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Performance";

    /// <summary>Time from the start of a process in which response and query times do not count in the scorecard: they are those of compilation and first connections.</summary>
    public TimeSpan WarmUp { get; set; } = TimeSpan.FromMinutes(1);
}
