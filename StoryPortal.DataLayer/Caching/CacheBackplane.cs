using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.DataLayer.Caching;

/// <summary>
/// Keeps the caches of all processes in step over Redis' pub/sub, and knows at every moment whether it can. Each process sends itself a message
/// four times a second: while it comes back, invalidations of others do too. While it does not, nothing in Redis is used, and nothing in memory
/// is believed for longer than a second; so Redis may be slow, frozen or gone without being in anybody's way.
/// </summary>
internal sealed partial class CacheBackplane(
    IConnectionMultiplexer redis,
    RedisAnswers answers,
    Generations generations,
    CacheMetrics metrics,
    IOptions<CacheOptions> options,
    TimeProvider time,
    ILogger<CacheBackplane> logger) : BackgroundService
{
    private static readonly RedisChannel Channel = RedisChannel.Literal(CacheNames.Prefix + "cache");
    private static readonly TimeSpan BeatInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan UnansweredPatience = TimeSpan.FromMilliseconds(10);

    // For so long an answer in memory may be wrong while the processes cannot hear each other.
    private static readonly TimeSpan UnheardLife = TimeSpan.FromSeconds(1);

    // Whoever has not heard itself for longer has stood still: what was told meanwhile still waits to be read.
    private readonly TimeSpan _longestBeat = BeatInterval + TimeSpan.FromMilliseconds(options.Value.SilenceMilliseconds) + UnheardLife;

    private readonly ulong _self = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly Acknowledgements _acknowledgements = new();
    private volatile TaskCompletionSource? _beat;
    private long _beatNumber;
    private long _lastBeat;
    private long _heardAt;
    private long _lastNumber;
    private volatile bool _hears;
    private volatile bool _owes;
    private long _believedSince = long.MaxValue;

    /// <summary>Whether Redis has answered when it was asked last.</summary>
    public bool IsReachable => _hears;

    /// <summary>Whether Redis answers, and others are heard: only then what is in Redis is used.</summary>
    public bool IsUsable => time.GetUtcNow() is var now && Hears(now) && Volatile.Read(ref _believedSince) <= now.UtcTicks;

    /// <summary>Whether an answer in memory may be served without asking again.</summary>
    public bool Believes(CachedAnswer answer, DateTimeOffset now) =>
        (Hears(now) && answer.LoadedAt.UtcTicks >= Volatile.Read(ref _believedSince)) || now - answer.LoadedAt < UnheardLife;

    /// <summary>
    /// Invalidates tags everywhere: here at once, in Redis and in the other processes before this ends, unless one of those takes longer than
    /// <see cref="CacheOptions.AcknowledgementMilliseconds"/>. Never fails: what Redis does not take now is made up for when it is back.
    /// </summary>
    /// <param name="slots">The slots of the tags.</param>
    /// <param name="doubtful">Whether nobody knows if anything has changed: then what is in memory is asked again, and not forgotten.</param>
    public async Task InvalidateAsync(int[] slots, bool doubtful = false)
    {
        Apply(slots, doubtful);

        try
        {
            if (_hears)
            {
                await SendAsync(slots, doubtful);
                return;
            }

            // It may still arrive; but nobody waits for a Redis that has not answered before.
            _owes = true;
            await SendAsync(slots, doubtful).WaitAsync(UnansweredPatience, time);
        }
        catch (Exception exception)
        {
            _owes = true;
            Lost(exception);
        }
    }

    /// <summary>Tells everybody on <paramref name="channel"/>; who cannot be told now is told when Redis is back.</summary>
    public async Task AnnounceAsync(string channel, long? index)
    {
        try
        {
            if (_hears)
            {
                await redis.GetSubscriber().PublishAsync(RedisChannel.Literal(channel), index is { } number ? number : RedisValue.EmptyString);
                return;
            }
        }
        catch (Exception exception)
        {
            Lost(exception);
        }

        _owes = true;
    }

    /// <summary>A command to Redis failed: until a message comes back again, Redis is left alone. A single one that took too long is no reason.</summary>
    public void Lost(Exception exception)
    {
        var isSlow = exception is RedisTimeoutException && time.GetElapsedTime(Volatile.Read(ref _lastBeat)).TotalMilliseconds < options.Value.SilenceMilliseconds;
        if (_hears && !isSlow)
        {
            _hears = false;
            LogLost(exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        redis.ConnectionFailed += OnConnectionFailed;
        try
        {
            await redis.ListenAsync(Channel, Receive, stoppingToken);
            await BeatAsync(stoppingToken);
        }
        finally
        {
            redis.ConnectionFailed -= OnConnectionFailed;
        }
    }

    // A connection may break and be back between two beats, and what others told in between is lost.
    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs failed) => Lost(failed.Exception ?? new RedisConnectionException(failed.FailureType, "a connection broke"));

    private async Task BeatAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HearBeatAsync(stoppingToken);
                if (!_hears || _owes)
                {
                    await RecoverAsync();
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception) // a connection that breaks fails what waits for it in many ways
            {
                Lost(exception);
            }

            await Task.Delay(BeatInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(int[] slots, bool doubtful)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        using var awaited = _acknowledgements.Expect(number);

        // One after the other on one connection: whoever hears of it finds it done.
        var deleted = answers.InvalidateAsync(slots);
        var published = redis.GetSubscriber().PublishAsync(Channel, CacheMessage.Invalidate(_self, number, slots, doubtful));
        await deleted;
        var others = await published - 1;
        try
        {
            await awaited.From(others).WaitAsync(TimeSpan.FromMilliseconds(options.Value.AcknowledgementMilliseconds), time);
        }
        catch (TimeoutException)
        {
            metrics.Unacknowledged();
        }
    }

    private async Task HearBeatAsync(CancellationToken cancellationToken)
    {
        var beat = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var number = Interlocked.Increment(ref _beatNumber);
        var patience = TimeSpan.FromMilliseconds(options.Value.SilenceMilliseconds);
        _beat = beat;
        await redis.GetSubscriber().PublishAsync(Channel, CacheMessage.Beat(_self, number)).WaitAsync(patience, time, cancellationToken);
        await beat.Task.WaitAsync(patience, time, cancellationToken);
        Volatile.Write(ref _lastBeat, time.GetTimestamp());
        Volatile.Write(ref _heardAt, time.GetUtcNow().UtcTicks);
    }

    // Who could not invalidate something while Redis was away makes everybody doubt everything. Each process leaves what is in Redis
    // alone for a second more, until all of them have noticed that it is back and have done so.
    private async Task RecoverAsync()
    {
        var isFirst = Volatile.Read(ref _believedSince) == long.MaxValue;
        if (_owes)
        {
            _owes = false;
            try
            {
                int[] everything = [CacheTag.Everything.Slot];
                await answers.InvalidateAsync(everything);
                await redis.GetSubscriber().PublishAsync(Channel, CacheMessage.Invalidate(_self, Interlocked.Increment(ref _lastNumber), everything, doubtful: true));
                await redis.GetSubscriber().PublishAsync(RedisChannel.Literal(CacheNames.ServicesChanged), RedisValue.EmptyString);
            }
            catch
            {
                _owes = true;
                throw;
            }
        }

        Volatile.Write(ref _believedSince, (time.GetUtcNow() + (isFirst ? TimeSpan.Zero : UnheardLife)).UtcTicks);
        _hears = true;
        LogHeard();
    }

    private void Receive(RedisValue value)
    {
        if (!CacheMessage.TryRead(((ReadOnlyMemory<byte>)value).Span, out var message))
        {
            return;
        }

        switch (message.Kind)
        {
            case CacheMessageKind.Beat when message.Sender == _self && message.Number == Interlocked.Read(ref _beatNumber):
                _beat?.TrySetResult();
                break;

            case CacheMessageKind.Invalidate or CacheMessageKind.Doubt when message.Sender != _self:
                Apply(message.Slots, message.Kind == CacheMessageKind.Doubt);
                _ = redis.GetSubscriber().PublishAsync(Channel, CacheMessage.Done(_self, message.Number, message.Sender), CommandFlags.FireAndForget);
                break;

            case CacheMessageKind.Done when message.Addressee == _self:
                _acknowledgements.Received(message.Number, message.Sender);
                break;
        }
    }

    private bool Hears(DateTimeOffset now) => _hears && now.UtcTicks - Volatile.Read(ref _heardAt) < _longestBeat.Ticks;

    private void Apply(ReadOnlySpan<int> slots, bool doubtful)
    {
        foreach (var slot in slots)
        {
            if ((uint)slot >= CacheTag.Count)
            {
                continue; // of another version
            }

            if (doubtful)
            {
                generations.Doubt(slot);
            }
            else
            {
                generations.Invalidate(slot);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis does not answer, reads go to Postgres: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(2, LogLevel.Information, "Redis answers, the cache is shared")]
    private partial void LogHeard();
}
