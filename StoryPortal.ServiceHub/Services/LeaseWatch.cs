using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.ServiceHub.Services;

/// <summary>
/// Judges the leases every second. What it learns of the registry's index on the way reaches the watches, so that they miss nothing without Redis.
/// </summary>
internal sealed class LeaseWatch(LeaseStore leases, RegistryView view, IOptions<RegistryOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _removeAfter = TimeSpan.FromSeconds(options.Value.RemoveAfterSeconds);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every second, and nobody's request
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await JudgeAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task JudgeAsync(CancellationToken cancellationToken)
    {
        try
        {
            view.Heard(await leases.JudgeAsync(_removeAfter, cancellationToken));
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // The database is away, or has no tables yet: the health check says so, and the next second tries again.
        }
    }
}
