using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace StoryPortal.DataLayer.Maintenance.Retention;

/// <summary>What is deleted when it has grown old, section <c>Maintenance:Retention</c>.</summary>
public sealed class RetentionOptions : IValidatableObject
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = MaintenanceOptions.Section + ":Retention";

    private const double MostDays = 36_500;

    /// <summary>A cron expression in UTC, <c>quietest</c> or <c>off</c>. Default: 17 minutes past each hour.</summary>
    [Schedule(Section + ":Schedule")]
    public string Schedule { get; set; } = "17 * * * *";

    /// <summary>
    /// Days for which rows are kept, by table, such as <c>api_requests</c>; 0 keeps them for ever. What is not set keeps its default:
    /// api_requests 30, idempotency_keys 1, service_owners 30 (names without a service); events, sessions (from their end) and
    /// quality_scores for ever.
    /// </summary>
    public Dictionary<string, double> Days { get; } = [];

    /// <summary>Rows that one statement deletes at most. Default 5,000: some ten milliseconds.</summary>
    [Range(1, 100_000)]
    public int BatchSize { get; set; } = 5000;

    /// <summary>Milliseconds between two statements, which belong to the writers. Default 100.</summary>
    [Range(0, 60_000)]
    public int PauseMilliseconds { get; set; } = 100;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var tables = RetainedTable.All.Select(table => table.Name).ToList();
        foreach (var (table, days) in Days)
        {
            if (!tables.Contains(table))
            {
                yield return new($"{Section}:Days:{table} names no table whose rows grow old; these do: {string.Join(", ", tables)}.");
            }
            else if (days is not (>= 0 and <= MostDays))
            {
                yield return new(string.Create(CultureInfo.InvariantCulture, $"{Section}:Days:{table} is {days}; 0 (for ever) to {MostDays} are taken."));
            }
        }
    }
}
