using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.ServiceHub.Services.Health;

/// <summary>
/// Polls the health URLs of instances. Hubs share the polls: each is made by the one that took it. Owners take turns, and so do the hosts
/// of an owner, so that instances that do not respond delay no other owner's polls.
/// </summary>
internal sealed class HealthPolls(
    HealthPollStore store, HealthProbe probe, RegistryView registry, IOptions<HealthPollOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(options.Value.IntervalSeconds);
    private readonly List<(Task Task, HealthPoll Poll)> _underWay = [];
    private (long Index, long At)? _foundNobody;

    private HealthPollTurns Turns => field ??= new HealthPollTurns(
        _interval,
        options.Value.MaxInterval > _interval ? options.Value.MaxInterval : _interval,
        options.Value.Failures,
        options.Value.ConcurrencyPerOwner,
        options.Value.ConcurrencyPerHost);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // nobody's request
        using var timer = new PeriodicTimer(TickInterval, time);
        try
        {
            var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            List<Task> begun = [];
            while (true)
            {
                // Polls that all end before the next tick make room for more that are due: healthy instances respond within milliseconds.
                await Task.WhenAny(tick, begun.Count > 0 ? Task.WhenAll(begun) : tick);
                if (tick.IsCompleted)
                {
                    await tick;
                    tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
                }

                begun = await BeginAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
        }

        await Task.WhenAll(_underWay.Select(poll => poll.Task));
    }

    // Does not wait for the polls that it begins.
    private async Task<List<Task>> BeginAsync(CancellationToken stoppingToken)
    {
        _underWay.RemoveAll(poll => poll.Task.IsCompleted);
        var free = options.Value.Concurrency - _underWay.Count;
        if (free == 0 || IsNobodyThere())
        {
            return [];
        }

        List<Task> begun = [];
        try
        {
            var index = registry.Known; // before the look: what changes after it is another
            var polls = await store.DuePollsAsync(Turns, _underWay.Select(poll => poll.Poll), free, stoppingToken);
            foreach (var poll in polls)
            {
                begun.Add(PollAsync(poll, stoppingToken));
                _underWay.Add((begun[^1], poll));
            }

            _foundNobody = polls.Count == 0 && !await store.AnyAsync(stoppingToken) ? (index, time.GetTimestamp()) : null;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            // The database is away, or has no tables yet: the health check says so, and the next second tries again.
        }

        return begun;
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
