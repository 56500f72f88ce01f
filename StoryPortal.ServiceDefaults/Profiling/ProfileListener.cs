using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>Hears, through Redis, that this process is to profile itself, and tells whoever asked what came of it.</summary>
internal sealed partial class ProfileListener(SelfProfiler profiler, IEnumerable<IConnectionMultiplexer> redis, ILogger<ProfileListener> logger) : BackgroundService
{
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
            _underWay[order.Id] = ends;
        }

        try
        {
            await TellAsync(order.Id, await profiler.RunAsync(order, ends.Token));
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            LogNotWanted(order.Id);
        }
        catch (Exception exception)
        {
            LogFailed(order.Id, exception);
            await TellAsync(order.Id, new ProfileOutcome(
                ProfileStatus.Unavailable, $"{profiler.Service} {profiler.Instance} failed to profile itself ({exception.GetType().Name}): its log says more."));
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(order.Id);
            }
        }
    }

    // Where Redis does not take it, whoever asked hears nothing, and says so when its patience ends.
    private Task<long> TellAsync(Guid id, ProfileOutcome outcome) => _redis!.GetSubscriber().PublishAsync(
        ProfileOrder.OutcomeOf(id), JsonSerializer.SerializeToUtf8Bytes(outcome, ProfileJson.Default.ProfileOutcome), CommandFlags.FireAndForget);

    [LoggerMessage(1, LogLevel.Information, "Profile {Id} was ended: nobody waits for it any more")]
    private partial void LogNotWanted(Guid id);

    [LoggerMessage(2, LogLevel.Error, "Profile {Id} failed")]
    private partial void LogFailed(Guid id, Exception exception);
}
