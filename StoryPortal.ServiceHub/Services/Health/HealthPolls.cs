using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Services;

namespace StoryPortal.ServiceHub.Services.Health;

/// <summary>Asks those instances for their health that have a health URL. Hubs share them: each poll is made by the one that took it.</summary>
internal sealed class HealthPolls(HealthPollStore store, HealthProbe probe, IOptions<HealthPollOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(options.Value.IntervalSeconds);
    private readonly List<Task> _underWay = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // nobody's request
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await BeginAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
        }

        await Task.WhenAll(_underWay);
    }

    // Those that take long are not waited for: they hold up nobody but themselves.
    private async Task BeginAsync(CancellationToken stoppingToken)
    {
        _underWay.RemoveAll(poll => poll.IsCompleted);
        var free = options.Value.Concurrency - _underWay.Count;
        if (free == 0)
        {
            return;
        }

        try
        {
            _underWay.AddRange((await store.DuePollsAsync(_interval, free, stoppingToken)).Select(poll => PollAsync(poll, stoppingToken)));
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // The database is away, or has no tables yet: the health check says so, and the next second tries again.
        }
    }

    private async Task PollAsync(HealthPoll poll, CancellationToken stoppingToken)
    {
        try
        {
            var failure = await probe.FailureAsync(poll.Url, stoppingToken);
            await store.PolledAsync(poll, failure, options.Value.Failures, stoppingToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            // Not noted: it is due again after the interval.
        }
    }
}
