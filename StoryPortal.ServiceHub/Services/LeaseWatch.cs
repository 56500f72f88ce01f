using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Services;

namespace StoryPortal.ServiceHub.Services;

/// <summary>Notices every second which instances have missed their lease, so that no cache goes on calling them passing.</summary>
internal sealed class LeaseWatch(ServiceStore store, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every second, and nobody's request
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ExpireAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.ExpireAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // The database is away, or has no tables yet: the health check says so, and the next second tries again.
        }
    }
}
