using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>Receives invalidations: those of other gateways' writes, and the hubs' messages that the service registry has changed.</summary>
internal sealed class InvalidationSubscriber(TagVersions versions, InvalidationNotifier notifier, BackplaneMonitor monitor, IServiceProvider services) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IConnectionMultiplexer>() is not { } redis)
        {
            return;
        }

        await redis.ListenAsync(RedisChannel.Literal(CacheNames.ServicesChanged), _ => versions.Invalidate(OutputCacheTag.Services), stoppingToken);
        await redis.ListenAsync(InvalidationNotifier.Invalidations, message => notifier.Receive(message, versions.Invalidate), stoppingToken);
        await redis.ListenAsync(notifier.Acknowledgements, notifier.ReceiveAcknowledgement, stoppingToken);
        await monitor.RunAsync(redis, InvalidateEverywhereAsync, stoppingToken);
    }

    // After an outage Redis may have versions that a hub could not delete.
    private Task InvalidateEverywhereAsync() => Task.WhenAll(OutputCacheTag.All.Select(notifier.PublishAsync));
}
