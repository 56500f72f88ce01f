namespace StoryPortal.DataLayer.Maintenance.Baselines;

/// <summary>When a baseline is taken, section <c>Maintenance:Baseline</c>.</summary>
public sealed class BaselineOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = MaintenanceOptions.Section + ":Baseline";

    /// <summary>A cron expression in UTC, <c>quietest</c> or <c>off</c>. Default: Wednesdays at noon, while there is something to measure.</summary>
    [Schedule(Section + ":Schedule")]
    public string Schedule { get; set; } = "0 12 * * 3";
}
