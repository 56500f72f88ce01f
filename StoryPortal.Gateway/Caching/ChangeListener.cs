using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>Ends kept answers when the hubs tell that the services have changed.</summary>
internal sealed class ChangeListener(OutputCache cache, ChangeNews news, IServiceProvider services) : BackgroundService
{
    private const string Services = "services";

    private static readonly RedisChannel Channel = RedisChannel.Literal(CacheNames.ServicesChanged);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IConnectionMultiplexer>() is not { } redis)
        {
            return;
        }

        await redis.ListenAsync(Channel, _ => cache.Evict(Services), stoppingToken);
        await news.WatchAsync(redis, cache.EvictAll, stoppingToken);
    }
}
