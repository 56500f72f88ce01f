using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// Whether this gateway receives the invalidations of others through Redis. The gateway sends itself a heartbeat four times a second: while
/// heartbeats arrive, invalidations arrive too. An open connection proves nothing, since a frozen Redis keeps all connections open.
/// </summary>
internal sealed class BackplaneMonitor(IOptions<BackplaneOptions> options, TimeProvider time)
{
    // StackExchange.Redis restores subscriptions one by one: after the second heartbeat all of them are back.
    private const int HeartbeatsToConnect = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly RedisChannel _channel = RedisChannel.Literal($"{CacheNames.Prefix}gateway:{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
    private readonly TimeSpan _timeout = options.Value.HeartbeatTimeout;
    private readonly TimeSpan _disconnectedTtl = options.Value.DisconnectedTtl;
    private volatile TaskCompletionSource<long>? _heartbeat;
    private long _connectedAt;
    private long _heartbeatAt;
    private int _losses;

    /// <summary>Number of times the connection was lost: what was cached before a loss may lack an invalidation.</summary>
    public int Losses => Volatile.Read(ref _losses);

    /// <summary>Whether heartbeats arrive. A process that was suspended is disconnected until its next heartbeat.</summary>
    public bool IsConnected => Volatile.Read(ref _connectedAt) != 0 && !IsOverdue;

    /// <summary>
    /// Whether invalidations reach this gateway and every hub: connected for <see cref="BackplaneOptions.DisconnectedTtl"/>, in which hubs make up
    /// for invalidations that Redis did not take.
    /// </summary>
    public bool IsTrusted => IsConnected && time.GetElapsedTime(Volatile.Read(ref _connectedAt)) >= _disconnectedTtl;

    private bool IsOverdue => time.GetElapsedTime(Volatile.Read(ref _heartbeatAt)) > Interval + _timeout;

    /// <summary>Sends heartbeats until <paramref name="stoppingToken"/>; <paramref name="reconnected"/> runs when they arrive again after a loss.</summary>
    public async Task RunAsync(IConnectionMultiplexer redis, Func<Task> reconnected, CancellationToken stoppingToken)
    {
        redis.ConnectionFailed += OnConnectionFailed;
        try
        {
            await redis.ListenAsync(_channel, number => _heartbeat?.TrySetResult((long)number), stoppingToken);
            var received = 0;
            for (var number = 0L; !stoppingToken.IsCancellationRequested; number++)
            {
                var losses = Losses;
                var isReceived = await SendAsync(redis, number, stoppingToken);
                received = isReceived && losses == Losses ? received + 1 : 0;
                if (Connects(received, losses) && losses > 0)
                {
                    await reconnected();
                }

                await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            redis.ConnectionFailed -= OnConnectionFailed;
        }
    }

    // Whether the heartbeat is the one that connects the gateway.
    private bool Connects(int received, int losses)
    {
        var isConnected = Volatile.Read(ref _connectedAt) != 0;
        if (isConnected && (received == 0 || IsOverdue))
        {
            Disconnect();
            return false;
        }

        Volatile.Write(ref _heartbeatAt, time.GetTimestamp());
        if (isConnected || received < HeartbeatsToConnect)
        {
            return false;
        }

        Volatile.Write(ref _connectedAt, time.GetTimestamp());
        if (losses != Losses)
        {
            Disconnect(); // the connection failed in between
            return false;
        }

        return true;
    }

    // A connection may be back before the next heartbeat; the invalidations in between are lost.
    private void OnConnectionFailed(object? sender, ConnectionFailedEventArgs failed) => Disconnect();

    private void Disconnect()
    {
        Interlocked.Increment(ref _losses);
        Volatile.Write(ref _connectedAt, 0);
    }

    private async Task<bool> SendAsync(IConnectionMultiplexer redis, long number, CancellationToken stoppingToken)
    {
        var heartbeat = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        _heartbeat = heartbeat;
        try
        {
            await redis.GetSubscriber().PublishAsync(_channel, number).WaitAsync(_timeout, time, stoppingToken);
            return await heartbeat.Task.WaitAsync(_timeout, time, stoppingToken) == number; // an older heartbeat arrived late
        }
        catch (Exception) // a connection that breaks fails its commands with exceptions of many types
        {
            return false;
        }
    }
}
