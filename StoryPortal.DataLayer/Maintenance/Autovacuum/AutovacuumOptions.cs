using System.ComponentModel.DataAnnotations;

namespace StoryPortal.DataLayer.Maintenance.Autovacuum;

/// <summary>How early Postgres itself vacuums the large tables, section <c>Maintenance:Autovacuum</c>.</summary>
public sealed class AutovacuumOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = MaintenanceOptions.Section + ":Autovacuum";

    /// <summary>A cron expression in UTC, <c>quietest</c> or <c>off</c>. Default: 47 minutes past each hour.</summary>
    [Schedule(Section + ":Schedule")]
    public string Schedule { get; set; } = "47 * * * *";

    /// <summary>Share of a table's rows that must be dead before it is vacuumed. Default 0.1.</summary>
    [Range(0.0, 1.0)]
    public double VacuumScaleFactor { get; set; } = 0.1;

    /// <summary>Share of a table's rows that must have changed before its statistics are made anew. Default 0.05.</summary>
    [Range(0.0, 1.0)]
    public double AnalyzeScaleFactor { get; set; } = 0.05;
}
