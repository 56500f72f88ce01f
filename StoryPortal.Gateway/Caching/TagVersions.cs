using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// The present version of each tag. A version is read from Redis once, before the first fetch under it, and holds until an invalidation arrives or the
/// connection to Redis is lost. While the gateway is disconnected, it makes versions of its own that hold for <see cref="BackplaneOptions.DisconnectedTtl"/>.
/// </summary>
internal sealed class TagVersions(BackplaneMonitor monitor, IServiceProvider services, IOptions<BackplaneOptions> options, TimeProvider time)
{
    /// <summary>Longest wait for Redis of a request that is not served from memory.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromMilliseconds(100);

    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();
    private readonly TimeSpan _disconnectedTtl = options.Value.DisconnectedTtl;
    private readonly Dictionary<string, Entry> _entries = OutputCacheTag.All.ToDictionary(tag => tag.Name, tag => new Entry(tag), StringComparer.Ordinal);
    private long _lastLocal;

    /// <summary>The present version of a tag.</summary>
    public ValueTask<TagSnapshot> GetAsync(OutputCacheTag tag)
    {
        var entry = _entries[tag.Name];
        return entry.Snapshot is { IsCompletedSuccessfully: true } read && IsCurrent(entry, read.Result) ? new(read.Result) : new(GetOrReadAsync(entry));
    }

    /// <summary>The present version to which a cache key belongs, or null when its version has ended.</summary>
    public TagSnapshot? Find(string key) =>
        _entries.TryGetValue(TagSnapshot.TagOf(key), out var entry) && entry.Snapshot is { IsCompletedSuccessfully: true } read
        && read.Result.Covers(key) && IsCurrent(entry, read.Result) ? read.Result : null;

    /// <summary>Ends the present version of a tag in this gateway.</summary>
    public void Invalidate(OutputCacheTag tag)
    {
        var entry = _entries[tag.Name];
        Interlocked.Increment(ref entry.Invalidations);
        Replace(entry, null);
    }

    private bool IsCurrent(Entry entry, TagSnapshot snapshot) =>
        snapshot.Invalidations == Volatile.Read(ref entry.Invalidations)
        && (snapshot.IsShared ? snapshot.Losses == monitor.Losses && monitor.IsTrusted : time.GetElapsedTime(snapshot.CreatedAt) < _disconnectedTtl);

    private Task<TagSnapshot> GetOrReadAsync(Entry entry)
    {
        lock (entry)
        {
            var invalidations = Volatile.Read(ref entry.Invalidations);
            if (entry.Snapshot is { } present && entry.InvalidationsAtRead == invalidations && (!present.IsCompleted || IsCurrent(entry, present.Result)))
            {
                return present;
            }

            entry.InvalidationsAtRead = invalidations;
            var read = ReadAsync(entry.Tag, invalidations);
            Replace(entry, read);
            return read;
        }
    }

    // Ending a version evicts its responses from memory at once.
    private static void Replace(Entry entry, Task<TagSnapshot>? next)
    {
        if (Interlocked.Exchange(ref entry.Snapshot, next) is { IsCompletedSuccessfully: true } ended)
        {
            ended.Result.Dispose();
        }
    }

    private async Task<TagSnapshot> ReadAsync(OutputCacheTag tag, int invalidations)
    {
        var (losses, createdAt) = (monitor.Losses, time.GetTimestamp());
        var version = _redis is not null && monitor.IsTrusted ? await ReadAsync(_redis.GetDatabase(), tag) : null;
        return new TagSnapshot(tag, version ?? Interlocked.Increment(ref _lastLocal).ToString(CultureInfo.InvariantCulture), version is not null)
        {
            Invalidations = invalidations,
            Losses = losses,
            CreatedAt = createdAt,
        };
    }

    private async Task<string?> ReadAsync(IDatabase redis, OutputCacheTag tag)
    {
        try
        {
            return await ReadOrCreateAsync(redis, tag).WaitAsync(ReadTimeout, time);
        }
        catch (Exception) // a connection that breaks fails its commands with exceptions of many types
        {
            return null;
        }
    }

    private static async Task<string?> ReadOrCreateAsync(IDatabase redis, OutputCacheTag tag)
    {
        var versions = await redis.StringGetAsync(tag.VersionKeys);
        for (var i = 0; i < versions.Length; i++)
        {
            if (versions[i].IsNull)
            {
                // In this order on one connection: the second command reads the version of the gateway or hub that came first.
                var created = redis.StringSetAsync(tag.VersionKeys[i], RandomNumberGenerator.GetBytes(sizeof(ulong)), CacheNames.TagVersionTtl, When.NotExists);
                versions[i] = await redis.StringGetAsync(tag.VersionKeys[i]);
                await created;
            }
        }

        return Array.TrueForAll(versions, version => !version.IsNull) ? string.Concat(versions.Select(version => Convert.ToHexStringLower((byte[])version!))) : null;
    }

    private sealed class Entry(OutputCacheTag tag)
    {
        public int Invalidations;
        public int InvalidationsAtRead;
        public volatile Task<TagSnapshot>? Snapshot;

        public OutputCacheTag Tag => tag;
    }
}
