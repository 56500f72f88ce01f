using System.Collections.Concurrent;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>Keeps the files of profiles in Redis, where every hub finds them: the last three of each process, each for ten minutes.</summary>
public sealed class ProfileFiles(IEnumerable<IConnectionMultiplexer> redis, TimeProvider time)
{
    private const int Most = 3;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private readonly IConnectionMultiplexer? _redis = redis.FirstOrDefault();
    private readonly ConcurrentQueue<Guid> _kept = [];

    /// <summary>Keeps a file of this process; says until when, or null where Redis did not take it.</summary>
    public async Task<DateTimeOffset?> StoreAsync(Guid id, byte[] file)
    {
        if (_redis?.GetDatabase() is not { } database)
        {
            return null;
        }

        try
        {
            await database.StringSetAsync(KeyOf(id), file, Life);
            _kept.Enqueue(id);
            if (_kept.Count > Most && _kept.TryDequeue(out var oldest))
            {
                await database.KeyDeleteAsync(KeyOf(oldest));
            }

            return time.GetUtcNow() + Life;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The file of a profile, of whichever process; null when there is none, or none any more.</summary>
    /// <exception cref="RedisException">Redis does not answer.</exception>
    public async Task<byte[]?> ReadAsync(Guid id) => _redis is null ? null : (byte[]?)await _redis.GetDatabase().StringGetAsync(KeyOf(id));

    private static string KeyOf(Guid id) => $"{CacheNames.Prefix}profile:{id}";
}
