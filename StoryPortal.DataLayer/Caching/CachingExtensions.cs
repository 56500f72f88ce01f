using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Models;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Services;
using StoryPortal.DataLayer.Sessions;
using StoryPortal.ServiceDefaults.Health;

namespace StoryPortal.DataLayer.Caching;

internal static class CachingExtensions
{
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
        builder.Services.AddSingleton(services => new CacheWarmer(
            services.GetRequiredService<RedisAnswers>(),
            services.GetRequiredService<CacheBackplane>(),
            services.GetRequiredService<CacheMetrics>(),
            services.GetRequiredService<AgentStore>(),
            services.GetRequiredService<SessionStore>(),
            services.GetRequiredService<ServiceStore>(),
            services.GetRequiredService<ModelConfigStore>(),
            services.GetRequiredService<PageWriter>(),
            services.GetRequiredService<IOptions<CacheOptions>>(),
            services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Warms the cache when the process starts: only the worker does.</summary>
    public static void AddCacheWarmUp(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<WarmUpWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WarmUpWorker>());
        builder.Services.AddHealthChecks().AddDependencyCheck<WarmUpWorker>("cache-warm-up");
    }
}
