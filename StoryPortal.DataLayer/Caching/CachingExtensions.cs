using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Caching;

internal static class CachingExtensions
{
    /// <summary>A Redis that is slow or away fails at once, and is found again soon.</summary>
    public static void ConfigureRedis(ConfigurationOptions redis)
    {
        redis.AbortOnConnectFail = false;
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.HeartbeatInterval = TimeSpan.FromMilliseconds(200);
        redis.AsyncTimeout = 250;
        redis.SyncTimeout = 250;
        redis.ConnectTimeout = 1000;
        redis.ReconnectRetryPolicy = new LinearRetry(200);
    }

    /// <summary>Adds the cache, and what keeps it in step with those of the other processes.</summary>
    public static void AddCaching(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<CacheOptions>()
            .Bind(builder.Configuration.GetSection(CacheOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton<RedisAnswers>();
        builder.Services.AddSingleton<Generations>();
        builder.Services.AddSingleton<CacheMetrics>();
        builder.Services.AddSingleton<CacheBackplane>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CacheBackplane>());
        builder.Services.AddSingleton(services => new StoryCache(
            services.GetRequiredService<RedisAnswers>(),
            services.GetRequiredService<CacheBackplane>(),
            services.GetRequiredService<Generations>(),
            services.GetRequiredService<CacheMetrics>(),
            services.GetRequiredService<StoryDatabase>(),
            services.GetRequiredService<IOptions<CacheOptions>>(),
            services.GetRequiredService<TimeProvider>()));
    }
}
