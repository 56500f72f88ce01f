using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// Whether this gateway hears, through Redis, of what others change. It sends itself a message four times a second: while those come back, the
/// news of others does too. That a connection is open tells nothing, since a frozen Redis keeps all of them open.
/// </summary>
internal sealed class ChangeNews(IOptions<OutputCacheOptions> options, TimeProvider time)
{
    // After a loss the channels are subscribed again one after the other: once a second message has come, so would those of the others.
    private const int BeatsToBelieve = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.SilenceMilliseconds);
    private readonly RedisChannel _self = RedisChannel.Literal($"{CacheNames.Prefix}gateway:{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
    private volatile TaskCompletionSource<long>? _beat;
    private volatile bool _isHeard;
    private volatile bool _hasBroken;

    /// <summary>Whether it does at present.</summary>
    public bool IsHeard => _isHeard;

    /// <summary>Listens to itself until <paramref name="stoppingToken"/>; <paramref name="restored"/> is called when it hears again, since whatever was told before is lost.</summary>
    public async Task WatchAsync(IConnectionMultiplexer redis, Action restored, CancellationToken stoppingToken)
    {
        redis.ConnectionFailed += (_, _) => (_hasBroken, _isHeard) = (true, false); // it may be back before the next message, and what came between is lost
        await redis.ListenAsync(_self, number => _beat?.TrySetResult((long)number), stoppingToken);
        var heard = 0;
        for (var number = 0L; !stoppingToken.IsCancellationRequested; number++)
        {
            heard = _hasBroken ? 0 : heard;
            _hasBroken = false;
            heard = await BeatAsync(redis, number, stoppingToken) ? heard + 1 : 0;
            if (heard >= BeatsToBelieve && !_isHeard)
            {
                restored();
            }

            _isHeard = heard >= BeatsToBelieve && !_hasBroken;
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> BeatAsync(IConnectionMultiplexer redis, long number, CancellationToken stoppingToken)
    {
        var beat = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        _beat = beat;
        try
        {
            await redis.GetSubscriber().PublishAsync(_self, number).WaitAsync(_patience, time, stoppingToken);
            return await beat.Task.WaitAsync(_patience, time, stoppingToken) == number; // an older one has come late
        }
        catch (Exception) // a connection that breaks fails what waits for it in many ways
        {
            return false;
        }
    }
}
