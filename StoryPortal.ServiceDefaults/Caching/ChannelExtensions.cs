using StackExchange.Redis;

namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>Messages between processes, through Redis.</summary>
public static class ChannelExtensions
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Hears every message of a channel, from the end of the task on and until nobody is subscribed any more; a Redis that is not there yet is waited for
    /// until <paramref name="stoppingToken"/>. Without Redis nothing is heard.
    /// </summary>
    public static async Task ListenAsync(this IConnectionMultiplexer? redis, RedisChannel channel, Action<RedisValue> heard, CancellationToken stoppingToken)
    {
        if (redis is null)
        {
            return;
        }

        var subscriber = redis.GetSubscriber();
        Action<RedisChannel, RedisValue> handler = (_, message) => heard(message);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Once subscribed, the multiplexer subscribes again after every loss of the connection.
                await subscriber.SubscribeAsync(channel, handler);
                return;
            }
            catch (Exception) // a connection that breaks fails what waits for it in many ways
            {
                // It is remembered even so, and hears what comes where only the answer was late: from here on something else asks again, or it would hear all twice.
                subscriber.Unsubscribe(channel, Deaf, CommandFlags.FireAndForget);
                handler = Deaf;
                await Task.Delay(RetryDelay, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Tells everybody on a channel, at least once, and says how many heard it: a Redis that is away or slow is asked again until <paramref name="cancellationToken"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled: perhaps nobody was told.</exception>
    public static async Task<long> TellAsync(this IConnectionMultiplexer redis, RedisChannel channel, byte[] message, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await redis.GetSubscriber().PublishAsync(channel, message);
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                await Task.Delay(RetryDelay, cancellationToken);
            }
        }
    }

    private static void Deaf(RedisChannel channel, RedisValue message)
    {
    }
}
