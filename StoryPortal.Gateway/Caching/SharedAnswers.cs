using System.Text;
using Microsoft.Extensions.Primitives;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// The answers of all gateways in Redis: a hash for each group, so that one command ends all of them. A gateway takes from it only what was
/// fetched well after the last change that it knows of: another gateway may have written an older one before it heard.
/// </summary>
internal sealed class SharedAnswers(IServiceProvider services, TimeProvider time)
{
    // More than clocks differ and messages take.
    private const long Doubt = 1000;

    private const string KeepScript = """
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        """;

    private readonly IConnectionMultiplexer? _redis = services.GetService<IConnectionMultiplexer>();

    public async ValueTask<CachedAnswer?> FindAsync(CacheGroup group, string key, TimeSpan lifetime)
    {
        if (_redis is not { IsConnected: true })
        {
            return null;
        }

        try
        {
            byte[]? bytes = await _redis.GetDatabase().HashGetAsync(KeyOf(group), key);
            var answer = bytes is null ? null : Read(bytes);
            return answer is not null
                && answer.FetchedAt > group.ChangedAt + Doubt
                && time.GetUtcNow().ToUnixTimeMilliseconds() - answer.FetchedAt < lifetime.TotalMilliseconds ? answer : null;
        }
        catch (Exception) // a connection that breaks fails what waits for it in many ways, and this is only a cache
        {
            return null;
        }
    }

    public void Keep(CacheGroup group, string key, CachedAnswer answer, TimeSpan lifetime)
    {
        if (_redis is { IsConnected: true })
        {
            _redis.GetDatabase().ScriptEvaluate(KeepScript, [KeyOf(group)], [key, Write(answer), (long)lifetime.TotalMilliseconds], CommandFlags.FireAndForget);
        }
    }

    public void Evict(CacheGroup group)
    {
        if (_redis is { IsConnected: true })
        {
            _redis.GetDatabase().KeyDelete(KeyOf(group), CommandFlags.FireAndForget);
        }
    }

    private static RedisKey KeyOf(CacheGroup group) => $"{CacheNames.Prefix}output:{group.Name}";

    private static byte[] Write(CachedAnswer answer)
    {
        using var bytes = new MemoryStream(answer.Body.Length + 512);
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(answer.FetchedAt);
        writer.Write(answer.Route ?? "");
        writer.Write7BitEncodedInt(answer.Headers.Length);
        foreach (var (name, value) in answer.Headers)
        {
            writer.Write(name);
            writer.Write(value.ToString());
        }

        writer.Write7BitEncodedInt(answer.Body.Length);
        writer.Write(answer.Body);
        return bytes.ToArray();
    }

    private static CachedAnswer Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var fetchedAt = reader.ReadInt64();
        var route = reader.ReadString();
        var headers = new KeyValuePair<string, StringValues>[reader.Read7BitEncodedInt()];
        for (var i = 0; i < headers.Length; i++)
        {
            headers[i] = new(reader.ReadString(), reader.ReadString());
        }

        return new CachedAnswer(fetchedAt, headers, reader.ReadBytes(reader.Read7BitEncodedInt())) { Route = route.Length > 0 ? route : null };
    }
}
