using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Database;

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
    }
}
