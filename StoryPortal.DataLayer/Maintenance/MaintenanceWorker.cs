using OpenTelemetry;
using StoryPortal.DataLayer.Schema;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>Looks at the jobs' rows every two seconds and starts what is due or asked for. Jobs run beside each other, so that none waits for a long one.</summary>
internal sealed partial class MaintenanceWorker(
    IEnumerable<IMaintenanceJob> jobs, JobStore store, JobSchedule schedule, JobRunner runner, JobBoard board, SchemaWorker schema,
    TimeProvider time, ILogger<MaintenanceWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Task> _runs = [];
    private bool _registered;
    private bool _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.WhenApplied.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TryLookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        finally
        {
            await Task.WhenAll(_runs.Values); // they end by the same token, and note how
        }
    }

    private async Task TryLookAsync(CancellationToken stoppingToken)
    {
        try
        {
            await LookAsync(stoppingToken);
            _told = false;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            if (!_told)
            {
                LogUnreachable(exception); // once for each outage
                _told = true;
            }
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        using (SuppressInstrumentationScope.Begin()) // every two seconds, and nobody's request
        {
            if (!_registered)
            {
                await RegisterAsync(stoppingToken);
                _registered = true;
            }

            board.Jobs = await store.ListAsync(stoppingToken);
        }

        var now = time.GetUtcNow();
        foreach (var row in board.Jobs.Where(row => row.RunningSince is null && (row.RequestedAt is not null || row.NextRunAt <= now)))
        {
            if (jobs.FirstOrDefault(job => job.Name == row.Name) is { } job && _runs.GetValueOrDefault(row.Name) is null or { IsCompleted: true })
            {
                _runs[row.Name] = TryRunAsync(job, row, stoppingToken);
            }
        }
    }

    private async Task RegisterAsync(CancellationToken stoppingToken)
    {
        var known = (await store.ListAsync(stoppingToken)).ToDictionary(row => row.Name, row => row.Schedule);
        foreach (var job in jobs.Where(job => known.GetValueOrDefault(job.Name) != job.Schedule))
        {
            await store.RegisterAsync(job.Name, job.Schedule, await schedule.NextAsync(job.Schedule, time.GetUtcNow(), stoppingToken), stoppingToken);
        }
    }

    private async Task TryRunAsync(IMaintenanceJob job, MaintenanceJob row, CancellationToken stoppingToken)
    {
        try
        {
            await runner.RunIfDueAsync(job, row, stoppingToken);
        }
        catch (Exception exception) // the run itself does not throw: the database went away before it was begun, or before it was noted
        {
            if (!stoppingToken.IsCancellationRequested)
            {
                LogNotNoted(job.Name, exception.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The maintenance jobs cannot be read; they are looked at again every two seconds")]
    private partial void LogUnreachable(Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "Job {Job} could not be noted, and is due again: {Reason}")]
    private partial void LogNotNoted(string job, string reason);
}
