using StackExchange.Redis;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceHub.Services.Watching;

/// <summary>Tells the view of changes: those of this hub at once, those of others through Redis. What is lost on the way is heard of when leases are judged.</summary>
internal sealed class RegistryNews(RegistryView view, RegistryWriter writer, IConnectionMultiplexer redis) : BackgroundService
{
    private static readonly RedisChannel Channel = RedisChannel.Literal(CacheNames.ServicesChanged);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        writer.Changed += view.Heard;
        await redis.ListenAsync(Channel, message =>
        {
            if (message.TryParse(out long index))
            {
                view.Heard(index);
            }
        }, stoppingToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        writer.Changed -= view.Heard;
        return base.StopAsync(cancellationToken);
    }
}
