using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>Publishes the invalidation of a tag to all gateways and waits for their acknowledgements, so that a writer's next read sees the write at every gateway.</summary>
internal sealed class InvalidationNotifier(BackplaneMonitor monitor, IServiceProvider services, IOptions<BackplaneOptions> options, TimeProvider time)
{
    private const char Separator = ' ';

    /// <summary>Channel with the invalidations of all gateways.</summary>
    public static readonly RedisChannel Invalidations = RedisChannel.Literal(CacheNames.Prefix + "output:invalidated");

    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();
    private readonly TimeSpan _timeout = options.Value.AcknowledgementTimeout;
    private readonly string _acknowledgements = $"{CacheNames.Prefix}output:acknowledged:{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
    private readonly ConcurrentDictionary<long, PendingAcknowledgements> _pending = new();
    private long _lastNumber;

    /// <summary>Channel with the acknowledgements of this gateway's invalidations.</summary>
    public RedisChannel Acknowledgements => RedisChannel.Literal(_acknowledgements);

    /// <summary>
    /// Deletes the tag's version and waits until every gateway has invalidated it, for <see cref="BackplaneOptions.AcknowledgementTimeout"/> at most. Never
    /// fails: without Redis no gateway trusts its cached responses for longer than <see cref="BackplaneOptions.DisconnectedTtl"/>.
    /// </summary>
    public async Task PublishAsync(OutputCacheTag tag)
    {
        if (_redis is null || !monitor.IsConnected)
        {
            return;
        }

        var number = Interlocked.Increment(ref _lastNumber);
        var pending = _pending[number] = new PendingAcknowledgements();
        try
        {
            await PublishAsync(_redis, tag, number, pending).WaitAsync(_timeout, time);
        }
        catch (Exception) // a connection that breaks fails its commands with exceptions of many types; BackplaneMonitor reports the loss
        {
        }
        finally
        {
            _pending.TryRemove(number, out _);
        }
    }

    /// <summary>Reads an invalidation and acknowledges it after <paramref name="invalidate"/>.</summary>
    public void Receive(RedisValue message, Action<OutputCacheTag> invalidate)
    {
        if (((string?)message)?.Split(Separator) is [var channel, var number, var name] && OutputCacheTag.Find(name) is { } tag)
        {
            invalidate(tag);
            _redis?.GetSubscriber().Publish(RedisChannel.Literal(channel), number, CommandFlags.FireAndForget);
        }
    }

    /// <summary>Reads an acknowledgement.</summary>
    public void ReceiveAcknowledgement(RedisValue message)
    {
        if (message.TryParse(out long number) && _pending.TryGetValue(number, out var pending))
        {
            pending.Add();
        }
    }

    // In this order on one connection: a gateway that receives the message reads another version.
    private async Task PublishAsync(IConnectionMultiplexer redis, OutputCacheTag tag, long number, PendingAcknowledgements pending)
    {
        var deleted = redis.GetDatabase().KeyDeleteAsync(tag.VersionKey);
        var gateways = await redis.GetSubscriber().PublishAsync(
            Invalidations, string.Create(CultureInfo.InvariantCulture, $"{_acknowledgements}{Separator}{number}{Separator}{tag.Name}"));
        await deleted;
        await pending.WaitForAsync(gateways);
    }

    private sealed class PendingAcknowledgements
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _missing = long.MaxValue / 2; // the number of gateways is not known yet

        public void Add() => Subtract(1);

        public Task WaitForAsync(long gateways)
        {
            Subtract((long.MaxValue / 2) - gateways);
            return _all.Task;
        }

        private void Subtract(long number)
        {
            if (Interlocked.Add(ref _missing, -number) <= 0)
            {
                _all.TrySetResult();
            }
        }
    }
}
