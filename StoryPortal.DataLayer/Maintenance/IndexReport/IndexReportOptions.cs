namespace StoryPortal.DataLayer.Maintenance.IndexReport;

/// <summary>When tables and indexes are looked over, section <c>Maintenance:IndexReport</c>.</summary>
public sealed class IndexReportOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = MaintenanceOptions.Section + ":IndexReport";

    /// <summary>A cron expression in UTC, <c>quietest</c> or <c>off</c>. Default: 27 minutes past every sixth hour.</summary>
    [Schedule(Section + ":Schedule")]
    public string Schedule { get; set; } = "27 */6 * * *";
}
