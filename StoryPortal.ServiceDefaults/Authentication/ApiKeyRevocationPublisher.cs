using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Publishes through Redis that an API key was changed or revoked, and removes such keys from this process's <see cref="KeyVerifier"/>. Without
/// Redis the other processes accept the key until their verification of it expires (<see cref="KeyVerifier.Fresh"/>).
/// </summary>
public sealed class ApiKeyRevocationPublisher(KeyVerifier keys, IServiceProvider services) : BackgroundService
{
    private static readonly RedisChannel Channel = RedisChannel.Literal(CacheNames.Prefix + "api-keys:changed");

    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();

    /// <summary>Removes the key here, and publishes its hash without waiting for Redis.</summary>
    public void Publish(KeyHash hash)
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
