using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Tells every gateway and hub, through Redis, that a key has changed or ended, so that none of them takes it for the rest of its minute.
/// Without Redis that minute is the bound.
/// </summary>
public sealed class KeyChanges(KeyVerifier keys, IServiceProvider services) : BackgroundService
{
    private static readonly RedisChannel Channel = RedisChannel.Literal(CacheNames.Prefix + "api-keys:changed");

    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();

    /// <summary>Forgets the key here, and tells the others. Never waits for Redis.</summary>
    public void Tell(KeyHash hash)
    {
        keys.Forget(hash);
        _redis?.GetSubscriber().Publish(Channel, hash.ToString(), CommandFlags.FireAndForget);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken) =>
        await _redis.ListenAsync(Channel, message =>
        {
            if (KeyHash.TryParse(message, out var hash))
            {
                keys.Forget(hash);
            }
        }, stoppingToken);
}
