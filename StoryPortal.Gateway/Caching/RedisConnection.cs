using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.Gateway.Caching;

/// <summary>What gateways share through Redis: rates, kept answers, news of changes. Each of them works without it.</summary>
internal static class RedisConnection
{
    public static void AddSharedState(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration.GetConnectionString(RedisExtensions.ConnectionName)))
        {
            return;
        }

        builder.AddRedisClient(RedisExtensions.ConnectionName, settings => settings.DisableHealthChecks = true, redis => redis.FailFast());
        builder.Services.AddHealthChecks().AddDependencyCheck<RedisCheck>("redis");
    }
}
