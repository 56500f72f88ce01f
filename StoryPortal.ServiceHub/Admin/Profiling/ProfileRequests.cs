using System.Text.Json;
using StackExchange.Redis;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Profiling;

namespace StoryPortal.ServiceHub.Admin.Profiling;

/// <summary>Asks a process of the system to profile itself, through Redis, where each of them listens; this hub asks itself directly.</summary>
internal sealed class ProfileRequests(ScorecardReader scorecards, SelfProfiler self, IConnectionMultiplexer redis, TimeProvider time)
{
    // Beyond the sampling: to begin, to make the profile of the samples, on a busy machine. With the longest profile less than the gateway waits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    // Profiled, this process and Redis' answers to it are slow for moments.
    private static readonly TimeSpan RedisPatience = TimeSpan.FromSeconds(5);

    /// <summary>The process that <paramref name="service"/> and <paramref name="instance"/> mean; else why there is none.</summary>
    /// <remarks>Without an instance it is this hub among the hubs, and of another service the instance that used most of the processor lately.</remarks>
    public async Task<ProfileTarget> FindAsync(string service, string? instance, CancellationToken cancellationToken)
    {
        var (readings, unheard) = await scorecards.HearAsync(cancellationToken);
        var heard = readings.Processes.Where(process => process.Service == service).ToList();
        var mute = unheard.Where(process => process.Service == service).ToList();
        if (heard.Count + mute.Count == 0)
        {
            var services = readings.Processes.Select(process => process.Service).Concat(unheard.Select(process => process.Service)).Distinct().Order(StringComparer.Ordinal);
            return new(null, StatusCodes.Status404NotFound, $"There is no service '{service}' of this system. There are: {string.Join(", ", services)}.");
        }

        var chosen = instance is not null ? heard.Find(process => process.Instance == instance)
            : service == self.Service ? heard.Find(process => process.Instance == self.Instance)
            : heard.MaxBy(process => process.States.GetValueOrDefault(Measured.Cpu)?.Window.Mean ?? 0);
        if (chosen is not null)
        {
            return new(chosen, StatusCodes.Status200OK, null);
        }

        return instance is not null && !mute.Exists(process => process.Instance == instance)
            ? new(null, StatusCodes.Status404NotFound, $"{service} has no instance '{instance}'. There are: {string.Join(", ", heard.Select(process => process.Instance).Concat(mute.Select(process => process.Instance)))}.")
            : new(null, StatusCodes.Status503ServiceUnavailable, $"{service} cannot be heard. {string.Join(" ", mute.Select(process => $"{process.Instance}: {process.Reason}"))}");
    }

    /// <summary>Has a process profile itself. Cancelled, it ends that too.</summary>
    public Task<ProfileOutcome> AskAsync(PerformanceSnapshot process, ProfileOrder order, CancellationToken cancellationToken) =>
        process.Service == self.Service && process.Instance == self.Instance
            ? self.RunAsync(order, cancellationToken)
            : AskOtherAsync(process, order, cancellationToken);

    private async Task<ProfileOutcome> AskOtherAsync(PerformanceSnapshot process, ProfileOrder order, CancellationToken cancellationToken)
    {
        var (channel, outcomes) = (ProfileOrder.ChannelOf(process.Service, process.Instance), ProfileOrder.OutcomeOf(order.Id));
        var heard = new TaskCompletionSource<ProfileOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            ends.CancelAfter(RedisPatience);
            await redis.ListenAsync(outcomes, message => heard.TrySetResult(JsonSerializer.Deserialize((byte[])message!, ProfileJson.Default.ProfileOutcome)), ends.Token);
            if (await redis.TellAsync(channel, Message(order), ends.Token) == 0)
            {
                return Unavailable($"{process.Service} {process.Instance} does not listen: it has ended, or runs a version that cannot profile itself.");
            }

            return await heard.Task.WaitAsync(TimeSpan.FromSeconds(order.Seconds) + Patience, time, cancellationToken)
                ?? Unavailable($"{process.Service} {process.Instance} answered nothing.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unavailable("Redis, through which processes are asked, does not answer.");
        }
        catch (TimeoutException)
        {
            return Unavailable($"{process.Service} {process.Instance} was asked and has not answered in time: its log may say why.");
        }
        finally
        {
            var subscriber = redis.GetSubscriber();
            await subscriber.UnsubscribeAsync(outcomes, flags: CommandFlags.FireAndForget);
            if (!heard.Task.IsCompleted) // nobody waits for it any more
            {
                await subscriber.PublishAsync(channel, Message(order with { Seconds = 0 }), CommandFlags.FireAndForget);
            }
        }
    }

    private static byte[] Message(ProfileOrder order) => JsonSerializer.SerializeToUtf8Bytes(order, ProfileJson.Default.ProfileOrder);

    private static ProfileOutcome Unavailable(string detail) => new(ProfileStatus.Unavailable, detail);
}

/// <summary>A process to be profiled, or why there is none.</summary>
/// <param name="Process">What it last told of itself; null when there is none.</param>
/// <param name="Status">The status to answer with.</param>
/// <param name="Detail">Why there is none.</param>
internal readonly record struct ProfileTarget(PerformanceSnapshot? Process, int Status, string? Detail);
