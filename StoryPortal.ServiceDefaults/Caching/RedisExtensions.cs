using StackExchange.Redis;

namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>How every process of Story Portal uses Redis.</summary>
public static class RedisExtensions
{
    /// <summary>The name of the connection.</summary>
    public const string ConnectionName = "redis";

    /// <summary>A Redis that is slow or away fails at once, and is found again soon.</summary>
    public static void FailFast(this ConfigurationOptions redis)
    {
        redis.AbortOnConnectFail = false;
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.HeartbeatInterval = TimeSpan.FromMilliseconds(200);
        redis.AsyncTimeout = 250;
        redis.SyncTimeout = 250;
        redis.ConnectTimeout = 1000;
        redis.ReconnectRetryPolicy = new LinearRetry(200);
    }
}
