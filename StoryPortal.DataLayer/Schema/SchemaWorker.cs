using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace StoryPortal.DataLayer.Schema;

/// <summary>Applies the schema when the worker starts, and only then lets it report ready. A database that comes late is waited for.</summary>
internal sealed partial class SchemaWorker(SchemaMigration migration, IndexBuilder indexes, TimeProvider time, ILogger<SchemaWorker> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private volatile bool _applied;

    /// <summary>Whether the schema is there.</summary>
    public bool IsApplied => _applied;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        _applied ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The schema is not applied yet."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_applied && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await migration.ApplyAsync(stoppingToken);
                await indexes.BuildAsync(stoppingToken);
                _applied = true;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                LogRetry(exception.Message);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The schema cannot be applied yet, trying again: {Reason}")]
    private partial void LogRetry(string reason);
}
