using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>Hears, through Redis, that this process is to profile itself, and tells whoever asked what came of it.</summary>
internal sealed partial class ProfileListener(SelfProfiler profiler, IEnumerable<IConnectionMultiplexer> redis, ILogger<ProfileListener> logger) : BackgroundService
{
    private static readonly TimeSpan TellingPatience = TimeSpan.FromSeconds(30);

    private readonly IConnectionMultiplexer? _redis = redis.FirstOrDefault();
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, CancellationTokenSource> _underWay = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _redis.ListenAsync(ProfileOrder.ChannelOf(profiler.Service, profiler.Instance), message => Hear(message, stoppingToken), stoppingToken);

    private void Hear(RedisValue message, CancellationToken stoppingToken)
    {
        if (JsonSerializer.Deserialize((byte[])message!, ProfileJson.Default.ProfileOrder) is not { } order)
        {
            return;
        }

        if (order.Seconds > 0)
        {
            _ = AnswerAsync(order with { Seconds = Math.Min(order.Seconds, ProfileOrder.MostSeconds) }, stoppingToken);
            return;
        }

        lock (_lock)
        {
            _underWay.GetValueOrDefault(order.Id)?.Cancel();
        }
    }

    private async Task AnswerAsync(ProfileOrder order, CancellationToken stoppingToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        lock (_lock)
        {
            if (!_underWay.TryAdd(order.Id, ends))
            {
                return; // whoever asks asks again where it does not know whether it was heard
            }
        }

        try
        {
            await TellAsync(order.Id, await profiler.RunAsync(order, ends.Token), ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            LogNotWanted(order.Id);
        }
        catch (Exception exception)
        {
            LogFailed(order.Id, exception);
            await TellAsync(order.Id, new ProfileOutcome(
                ProfileStatus.Unavailable, $"{profiler.Service} {profiler.Instance} failed to profile itself ({exception.GetType().Name}): its log says more."), stoppingToken);
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(order.Id);
            }
        }
    }

    // Where Redis does not take it in time, whoever asked hears nothing, and says so when its patience ends.
    private async Task TellAsync(Guid id, ProfileOutcome outcome, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TellingPatience);
        Task telling = _redis!.TellAsync(ProfileOrder.OutcomeOf(id), JsonSerializer.SerializeToUtf8Bytes(outcome, ProfileJson.Default.ProfileOutcome), patience.Token);
        await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(1, LogLevel.Information, "Profile {Id} was ended: nobody waits for it any more")]
    private partial void LogNotWanted(Guid id);

    [LoggerMessage(2, LogLevel.Error, "Profile {Id} failed")]
    private partial void LogFailed(Guid id, Exception exception);
}
