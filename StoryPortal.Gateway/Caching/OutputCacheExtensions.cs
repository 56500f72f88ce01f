using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Caching;

/// <summary>ASP.NET Core's output cache with a policy for each tag, a store that gateways share, and invalidation by writes.</summary>
internal static class OutputCacheExtensions
{
    private const int SizeLimit = 64 * 1024 * 1024;
    private const int MaximumBodySize = 1024 * 1024;

    /// <summary>Registers the output cache; its own settings are those of section <c>OutputCache</c> that ASP.NET Core has.</summary>
    public static void AddTaggedOutputCache(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<BackplaneOptions>().BindConfiguration(BackplaneOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<BackplaneMonitor>();
        services.AddSingleton<TagVersions>();
        services.AddSingleton<InvalidationNotifier>();
        services.AddSingleton<IOutputCacheStore, RedisOutputCacheStore>();
        services.AddHostedService<InvalidationSubscriber>();

        services.AddOutputCache(cache => (cache.SizeLimit, cache.MaximumBodySize, cache.UseCaseSensitivePaths) = (SizeLimit, MaximumBodySize, true));
        services.AddOptions<OutputCacheOptions>()
            .BindConfiguration(BackplaneOptions.Section)
            .Validate(cache => cache is { SizeLimit: > 0, MaximumBodySize: > 0 } && cache.DefaultExpirationTimeSpan > TimeSpan.Zero, "OutputCache: SizeLimit, MaximumBodySize and DefaultExpirationTimeSpan are more than 0.")
            .ValidateOnStart()
            .PostConfigure<TagVersions, IOptions<BackplaneOptions>, GatewayMetrics>((cache, versions, backplane, metrics) =>
            {
                foreach (var tag in OutputCacheTag.All)
                {
                    cache.AddPolicy(tag.Name, new TaggedOutputCachePolicy(tag, versions, backplane, metrics));
                }
            });
    }

    /// <summary>Serves routes with an output cache policy from the cache, and evicts what writes replace.</summary>
    public static void UseTaggedOutputCache(this WebApplication app)
    {
        app.UseMiddleware<InvalidationMiddleware>();
        app.UseOutputCache();
    }
}
