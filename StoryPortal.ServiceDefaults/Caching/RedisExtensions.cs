using StackExchange.Redis;

namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>How every process of Story Portal uses Redis.</summary>
public static class RedisExtensions
{
    /// <summary>The name of the connection.</summary>
    public const string ConnectionName = "redis";

    /// <summary>Redis is only a cache: when it is away or slow that shows at once, and nobody waits for it.</summary>
    public static void FailFast(this ConfigurationOptions redis)
    {
        redis.AbortOnConnectFail = false;
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.HeartbeatInterval = TimeSpan.FromMilliseconds(200);
        redis.AsyncTimeout = 250;
        redis.SyncTimeout = 250;
        redis.ConnectTimeout = 1000;
        redis.ReconnectRetryPolicy = new LinearRetry(200); // found again soon
    }
}
