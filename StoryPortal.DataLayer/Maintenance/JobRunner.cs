using System.Diagnostics;
using System.Text;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>Runs a job that is due: once among all workers, traced, measured, logged and noted in its row.</summary>
internal sealed partial class JobRunner(
    JobStore store, JobSchedule schedule, DirectConnection database, JobTelemetry telemetry, TimeProvider time, ILogger<JobRunner> logger)
{
    private const string CutOff = "The worker was stopped in the middle; the job is due again as soon as one runs.";

    /// <summary>Runs the job unless another worker does, or did; true when it ran, whatever came of it.</summary>
    public async Task<bool> RunIfDueAsync(IMaintenanceJob job, MaintenanceJob row, CancellationToken cancellationToken)
    {
        // Were the lock's session lost, another worker could begin the same job: they would be in each other's way, not in each other's data.
        await using var held = await AdvisoryLock.TryAcquireAsync(database, JobStore.LockKey(row), cancellationToken);
        if (held is null || !await store.ClaimAsync(job.Name, time.GetUtcNow(), cancellationToken))
        {
            return false;
        }

        var run = await RunAsync(job, cancellationToken);

        // After a shutdown as well: how the run ended is noted before the process goes.
        var next = run.Outcome == JobOutcome.Cancelled ? null : await schedule.NextAsync(job.Schedule, run.FinishedAt, CancellationToken.None);
        await store.FinishAsync(job.Name, run, next, CancellationToken.None);
        return true;
    }

    private async Task<JobRun> RunAsync(IMaintenanceJob job, CancellationToken cancellationToken)
    {
        using var activity = JobTelemetry.Start(job.Name);
        var (startedAt, clock) = (time.GetUtcNow(), time.GetTimestamp());
        JobResult? result = null;
        Exception? failure = null;
        try
        {
            result = await job.RunAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        var outcome = failure switch
        {
            null => JobOutcome.Succeeded,
            OperationCanceledException when cancellationToken.IsCancellationRequested => JobOutcome.Cancelled,
            _ => JobOutcome.Failed,
        };
        var failed = outcome == JobOutcome.Failed;
        var (text, duration) = (EnumText<JobOutcome>.Of(outcome), time.GetElapsedTime(clock));
        var message = result?.Summary ?? (outcome == JobOutcome.Cancelled ? CutOff : failure!.Message);

        telemetry.Record(job.Name, text, duration);
        activity?.SetTag("job.outcome", text).SetStatus(failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok, message);
        LogRun(failed ? LogLevel.Error : LogLevel.Information, job.Name, text, duration.TotalSeconds, message, failed ? failure : null);

        var figures = result is null ? default : new RawJson(Encoding.UTF8.GetBytes(result.Figures.ToJsonString()));
        return new JobRun(startedAt, startedAt + duration, outcome, message, figures);
    }

    [LoggerMessage(EventId = 1, Message = "Job {Job} {Outcome} after {Seconds:0.000} s: {Message}")]
    private partial void LogRun(LogLevel level, string job, string outcome, double seconds, string message, Exception? exception);
}
