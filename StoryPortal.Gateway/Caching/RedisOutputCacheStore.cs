using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// Cached responses in memory, over those that all gateways share in Redis. ASP.NET Core's own store for Redis writes tag sets without a
/// TTL and does not wait for its evictions; here every key has a TTL, and an eviction ends the version with which the keys start
/// (<see cref="TagSnapshot"/>). What query strings take is bounded: in Redis by slots (<see cref="SharedResponse"/>), in memory by a low
/// priority.
/// </summary>
internal sealed class RedisOutputCacheStore(
    TagVersions versions, InvalidationNotifier notifier, IServiceProvider services, IOptions<OutputCacheOptions> options) : IOutputCacheStore, IDisposable
{
    private const string Prefix = CacheNames.Prefix + "output:";

    // Bytes of an entry of MemoryCache beside key and value, roughly.
    private const int EntryOverhead = 400;

    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();
    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = options.Value.SizeLimit });

    /// <inheritdoc/>
    public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) =>
        _memory.TryGetValue(key, out byte[]? response) ? new(response)
            : _redis is not null && versions.Find(key) is { IsShared: true } version ? new(GetSharedAsync(_redis, version, key))
            : default;

    /// <inheritdoc/>
    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        if (versions.Find(key) is { } version)
        {
            Add(key, value, version, validFor);
            if (version.IsShared && SharedResponse.IsShared(key, value.Length))
            {
                var slot = Prefix + SharedResponse.SlotOf(key);
                _redis?.GetDatabase().StringSet(slot, SharedResponse.Write(key, value), validFor, flags: CommandFlags.FireAndForget);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Evicts every response with a tag: in this gateway, and in all others before the task ends (<see cref="InvalidationNotifier"/>).</summary>
    public async ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken)
    {
        if (OutputCacheTag.Find(tag) is { } known)
        {
            versions.Invalidate(known);
            await notifier.PublishAsync(known);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private async Task<byte[]?> GetSharedAsync(IConnectionMultiplexer redis, TagSnapshot version, string key)
    {
        try
        {
            var slot = Prefix + SharedResponse.SlotOf(key);
            var shared = await redis.GetDatabase().StringGetWithExpiryAsync(slot).WaitAsync(TagVersions.ReadTimeout);
            var response = SharedResponse.Read(key, shared.Value);
            if (response is not null && shared.Expiry is { } ttl)
            {
                Add(key, response, version, ttl);
            }

            return response;
        }
        catch (Exception) // a connection that breaks fails its commands with exceptions of many types
        {
            return null;
        }
    }

    private void Add(string key, byte[] response, TagSnapshot version, TimeSpan ttl) => _memory.Set(key, response, new MemoryCacheEntryOptions
    {
        AbsoluteExpirationRelativeToNow = ttl,
        ExpirationTokens = { version.Ended },
        Priority = SharedResponse.HasQuery(key) ? CacheItemPriority.Low : CacheItemPriority.Normal,
        Size = EntryOverhead + (key.Length * sizeof(char)) + response.Length,
    });
}
