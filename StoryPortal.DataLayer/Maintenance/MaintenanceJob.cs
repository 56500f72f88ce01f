using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>How a run of a job ended.</summary>
[JsonConverter(typeof(EnumTextConverter<JobOutcome>))]
public enum JobOutcome
{
    /// <summary>It did its work.</summary>
    Succeeded,

    /// <summary>It met an error; it runs again at its next time.</summary>
    Failed,

    /// <summary>The worker was stopped in the middle; the job is due again as soon as a worker runs.</summary>
    Cancelled,
}

/// <summary>A job that the worker does again and again to keep the database in order.</summary>
public sealed record MaintenanceJob
{
    /// <summary>Its name, such as <c>vacuum</c>.</summary>
    public required string Name { get; init; }

    /// <summary>A cron expression in UTC, <c>quietest</c> (once a day, in the hour with the fewest requests), or <c>off</c>.</summary>
    public required string Schedule { get; init; }

    /// <summary>When it runs next; in the past while it is due; null when it only runs on request.</summary>
    public required DateTimeOffset? NextRunAt { get; init; }

    /// <summary>When somebody asked for a run that no worker has begun yet.</summary>
    public required DateTimeOffset? RequestedAt { get; init; }

    /// <summary>When the run began that is going on, or null.</summary>
    public required DateTimeOffset? RunningSince { get; init; }

    /// <summary>When a run last succeeded.</summary>
    public required DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>The run that ended last, or null.</summary>
    public required JobRun? LastRun { get; init; }

    /// <summary>The number that its lock is made of.</summary>
    internal short Id { get; init; }
}

/// <summary>A run of a job that has ended.</summary>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Outcome">How.</param>
/// <param name="Message">What it did, or what went wrong, in a sentence.</param>
/// <param name="Result">Its figures: a JSON object; empty when it did not succeed.</param>
public sealed record JobRun(DateTimeOffset StartedAt, DateTimeOffset FinishedAt, JobOutcome Outcome, string Message, RawJson Result);
