using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace StoryPortal.DataLayer.Schema;

/// <summary>
/// Applies the schema when the worker starts, then builds the indexes. The worker is ready with the tables: indexes can take hours on a large
/// database, and until then everything works, only slower. A database that comes late is waited for.
/// </summary>
internal sealed partial class SchemaWorker(SchemaMigration migration, IndexBuilder indexes, TimeProvider time, ILogger<SchemaWorker> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when every table is there.</summary>
    public Task WhenApplied => _applied.Task;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        WhenApplied.IsCompleted ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The schema is not applied yet."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await UntilDoneAsync(migration.ApplyAsync, stoppingToken);
        _applied.SetResult();
        await UntilDoneAsync(indexes.BuildAsync, stoppingToken);
    }

    private async Task UntilDoneAsync(Func<CancellationToken, Task> step, CancellationToken stoppingToken)
    {
        var told = "";
        while (true)
        {
            try
            {
                await step(stoppingToken);
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (told != exception.Message)
                {
                    LogRetry(exception.Message); // once for each reason
                    told = exception.Message;
                }

                await Task.Delay(RetryDelay, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The schema cannot be completed yet, trying again: {Reason}")]
    private partial void LogRetry(string reason);
}
