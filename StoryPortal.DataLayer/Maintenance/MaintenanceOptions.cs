using System.ComponentModel.DataAnnotations;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>What all jobs share, section <c>Maintenance</c>; each job has a section of its own below it.</summary>
public sealed class MaintenanceOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Maintenance";

    /// <summary>Minutes after its time at which a job that has not finished counts as overdue, and the worker as degraded. Default 60.</summary>
    [Range(1, 7 * 24 * 60)]
    public int OverdueMinutes { get; set; } = 60;
}
