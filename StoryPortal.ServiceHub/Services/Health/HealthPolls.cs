using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.ServiceHub.Services.Health;

/// <summary>Asks those instances for their health that have a health URL. Hubs share them: each poll is made by the one that took it.</summary>
internal sealed class HealthPolls(
    HealthPollStore store, HealthProbe probe, RegistryView registry, IOptions<HealthPollOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(options.Value.IntervalSeconds);
    private readonly List<Task> _underWay = [];
    private (long Index, long At)? _foundNobody;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // nobody's request
        using var timer = new PeriodicTimer(TickInterval, time);
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
        if (free == 0 || IsNobodyThere())
        {
            return;
        }

        try
        {
            var index = registry.Known; // before the look: what changes after it is another
            var polls = await store.DuePollsAsync(_interval, free, stoppingToken);
            _underWay.AddRange(polls.Select(poll => PollAsync(poll, stoppingToken)));
            _foundNobody = polls.Count == 0 && !await store.AnyAsync(stoppingToken) ? (index, time.GetTimestamp()) : null;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // The database is away, or has no tables yet: the health check says so, and the next second tries again.
        }
    }

    // Where no instance has a health URL, none is due before the registry changes. After an interval it is looked at all the same.
    private bool IsNobodyThere() =>
        _foundNobody is { } found && found.Index == registry.Known && time.GetElapsedTime(found.At) < _interval;

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
