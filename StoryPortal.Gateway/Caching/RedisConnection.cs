using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.Gateway.Caching;

/// <summary>The connection through which gateways share rates, cached responses and invalidations. Each of them works without it.</summary>
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
