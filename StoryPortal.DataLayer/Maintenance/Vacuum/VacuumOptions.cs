namespace StoryPortal.DataLayer.Maintenance.Vacuum;

/// <summary>When the large tables are vacuumed, section <c>Maintenance:Vacuum</c>.</summary>
public sealed class VacuumOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = MaintenanceOptions.Section + ":Vacuum";

    /// <summary>A cron expression in UTC, or <c>off</c>. Default <c>quietest</c>: once a day, in the hour with the fewest requests.</summary>
    [Schedule(Section + ":Schedule")]
    public string Schedule { get; set; } = JobSchedule.Quietest;
}
