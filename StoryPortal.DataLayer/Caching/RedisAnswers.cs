using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.DataLayer.Caching;

/// <summary>Answers in Redis, as plain strings that all processes share. Commands are pipelined, and none is awaited singly.</summary>
internal sealed class RedisAnswers(IConnectionMultiplexer redis)
{
    private static readonly RedisKey EverythingKey = VersionKey(CacheTag.Everything.Slot);

    private IDatabase Database => redis.GetDatabase();

    /// <summary>The answer's bytes if there are any, with the versions that it must carry to be valid. Ask before the database is read: see <see cref="Versions"/>.</summary>
    public async Task<(byte[]? Bytes, Versions Versions)> FetchAsync(CacheKey key)
    {
        var values = await Database.StringGetAsync([key.SharedKey, EverythingKey, VersionKey(key.Tag.Slot)]);
        return !values[1].IsNull && !values[2].IsNull
            ? ((byte[]?)values[0], new Versions(Read(values[1]), Read(values[2])))
            : (null, (await VersionsAsync([key.Tag]))[0]);
    }

    /// <summary>The present versions of many tags, made where there are none.</summary>
    public async Task<Versions[]> VersionsAsync(IReadOnlyCollection<CacheTag> tags)
    {
        var database = Database;
        var everything = VersionAsync(database, CacheTag.Everything.Slot);
        var versions = await Task.WhenAll(tags.Select(tag => VersionAsync(database, tag.Slot)));
        var all = await everything;
        return [.. versions.Select(version => new Versions(all, version))];

        // In this order on one connection: whoever came first has set it when it is read.
        static async Task<ulong> VersionAsync(IDatabase database, int slot)
        {
            var key = VersionKey(slot);
            var fresh = new byte[sizeof(ulong)];
            Random.Shared.NextBytes(fresh);
            var set = database.StringSetAsync(key, fresh, CacheNames.TagVersionTtl, When.NotExists);
            var get = database.StringGetAsync(key);
            await set;
            return Read(await get);
        }
    }

    /// <summary>Stores an answer for <paramref name="life"/>, unless it is too large (<see cref="CacheKey.IsShared"/>).</summary>
    public Task StoreAsync(CacheKey key, CachedAnswer answer, Versions versions, TimeSpan life) => key.IsShared(answer.Json.Length)
        ? Database.StringSetAsync(key.SharedKey, StoredAnswer.Write(key, answer, versions), life)
        : Task.CompletedTask;

    /// <summary>Invalidates every answer with one of the tags.</summary>
    public Task InvalidateAsync(ReadOnlySpan<int> slots)
    {
        var keys = new RedisKey[slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            keys[i] = VersionKey(slots[i]);
        }

        return Database.KeyDeleteAsync(keys);
    }

    /// <summary>Deletes every answer, and returns how many there were.</summary>
    public async Task<long> DeleteAllAsync(CancellationToken cancellationToken)
    {
        const int Batch = 1000;
        var deleted = new List<Task<long>>();
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            foreach (var tier in CacheTier.All)
            {
                await foreach (var keys in server.KeysAsync(pattern: $"{CacheNames.Prefix}{tier.Name}[:?]*", pageSize: Batch).Chunk(Batch).WithCancellation(cancellationToken))
                {
                    deleted.Add(Database.KeyDeleteAsync(keys));
                }
            }
        }

        return (await Task.WhenAll(deleted)).Sum();
    }

    private static RedisKey VersionKey(int slot) => CacheNames.TagVersion + slot.ToString(CultureInfo.InvariantCulture);

    // A version that somebody else wrote, or that an overfull server did not take, is none that an answer carries.
    private static ulong Read(RedisValue value) => (byte[]?)value is { Length: sizeof(ulong) } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : (ulong)Random.Shared.NextInt64();
}
