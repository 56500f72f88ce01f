using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>Whether a job does what it should: degraded when its last run failed, or when it is overdue.</summary>
internal sealed class JobCheck<TJob>(TJob job, JobBoard board, IOptions<MaintenanceOptions> options, TimeProvider time) : IHealthCheck
    where TJob : IMaintenanceJob
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // Without a row the worker waits for the database, and others tell why.
        var row = board.Jobs.FirstOrDefault(candidate => candidate.Name == job.Name);
        return Task.FromResult(Problem(row) is { } problem ? new HealthCheckResult(context.Registration.FailureStatus, problem) : HealthCheckResult.Healthy());
    }

    private string? Problem(MaintenanceJob? row)
    {
        if (row?.NextRunAt is { } due && time.GetUtcNow() - due > TimeSpan.FromMinutes(options.Value.OverdueMinutes))
        {
            return $"Overdue since {Text(due)}: {(row.RunningSince is { } since ? $"it has been running since {Text(since)}." : "no worker has finished it.")}";
        }

        return row?.LastRun is { Outcome: JobOutcome.Failed } run ? $"The run of {Text(run.StartedAt)} failed: {run.Message}" : null;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
