using System.ComponentModel.DataAnnotations;
using Cronos;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>When a job runs: a cron expression, <c>quietest</c>, or <c>off</c>.</summary>
internal sealed class JobSchedule(QuietestHour quietest)
{
    /// <summary>Once a day, in the hour with the fewest requests.</summary>
    public const string Quietest = "quietest";

    /// <summary>Only on request.</summary>
    public const string Off = "off";

    // Less than a day, so that the hour can move; more than half of one, so that it never comes twice.
    private static readonly TimeSpan LeastPause = TimeSpan.FromHours(12);

    /// <summary>When a job with this schedule runs next after <paramref name="now"/>, or null when it does not.</summary>
    public async Task<DateTimeOffset?> NextAsync(string schedule, DateTimeOffset now, CancellationToken cancellationToken) => schedule switch
    {
        Off => null,
        Quietest => AtHour(await quietest.FindAsync(now, cancellationToken), now + LeastPause),
        _ => CronExpression.Parse(schedule).GetNextOccurrence(now, TimeZoneInfo.Utc),
    };

    /// <summary>What is wrong with a schedule, or null.</summary>
    public static string? Violation(string schedule)
    {
        if (schedule is Off or Quietest)
        {
            return null;
        }

        try
        {
            CronExpression.Parse(schedule);
            return null;
        }
        catch (CronFormatException exception)
        {
            return exception.Message;
        }
    }

    private static DateTimeOffset AtHour(int hour, DateTimeOffset earliest)
    {
        var time = new DateTimeOffset(earliest.UtcDateTime.Date, TimeSpan.Zero).AddHours(hour);
        return time < earliest ? time.AddDays(1) : time;
    }
}

/// <summary>A setting that must be a schedule. The error names it.</summary>
/// <param name="setting">The setting's full name.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ScheduleAttribute(string setting) : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var schedule = value as string ?? "";
        return JobSchedule.Violation(schedule) is { } violation
            ? new ValidationResult(
                $"{setting} is '{schedule}': {violation} "
                + $"Give a cron expression of five fields in UTC, such as '30 2 * * *', or '{JobSchedule.Quietest}', or '{JobSchedule.Off}'.")
            : ValidationResult.Success;
    }
}
