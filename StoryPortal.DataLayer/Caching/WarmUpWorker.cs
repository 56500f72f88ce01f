using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using StoryPortal.DataLayer.Schema;

namespace StoryPortal.DataLayer.Caching;

/// <summary>Warms the cache once when the worker starts. A database or a Redis that comes late is waited for; health tells what was done.</summary>
internal sealed partial class WarmUpWorker(CacheWarmer warmer, SchemaWorker schema, TimeProvider time, ILogger<WarmUpWorker> logger) : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private volatile string _report = "The cache is not warmed yet.";

    // Never a failure: a cold cache is filled by those who read.
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HealthCheckResult.Healthy(_report));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.WhenApplied.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await warmer.WarmAsync(stoppingToken) is { } done)
                {
                    _report = string.Create(
                        CultureInfo.InvariantCulture,
                        $"Warmed {done.Agents} agents, {done.Sessions} sessions, {done.Services} services and their list, and {done.ModelConfigs} model configs in {done.DurationMs:0} ms.");
                    LogWarmed(done.Agents, done.Sessions, done.Services, done.ModelConfigs, done.DurationMs);
                    return;
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                // The database is away: its own check says so.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The cache is warmed with {Agents} agents, {Sessions} sessions, {Services} services and their list, and {ModelConfigs} model configs in {DurationMs} ms")]
    private partial void LogWarmed(int agents, int sessions, int services, int modelConfigs, double durationMs);
}
