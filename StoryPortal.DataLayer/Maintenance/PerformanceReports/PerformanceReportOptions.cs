namespace StoryPortal.DataLayer.Maintenance.PerformanceReports;

/// <summary>When the performance report is written, section <c>Maintenance:PerformanceReport</c>.</summary>
public sealed class PerformanceReportOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = MaintenanceOptions.Section + ":PerformanceReport";

    /// <summary>A cron expression in UTC, <c>quietest</c> or <c>off</c>. Default: noon of every month's first day.</summary>
    [Schedule(Section + ":Schedule")]
    public string Schedule { get; set; } = "0 12 1 * *";
}
