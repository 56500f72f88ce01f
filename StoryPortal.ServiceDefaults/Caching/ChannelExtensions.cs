using StackExchange.Redis;

namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>Messages between processes, through Redis.</summary>
public static class ChannelExtensions
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Hears every message of a channel until <paramref name="stoppingToken"/>; a Redis that is not there yet is waited for. Without Redis nothing is heard.</summary>
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
                subscriber.Unsubscribe(channel, handler, CommandFlags.FireAndForget); // it is remembered even so, and every message would be heard twice
                await Task.Delay(RetryDelay, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
