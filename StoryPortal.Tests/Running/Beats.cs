using System.Diagnostics;
using StackExchange.Redis;

namespace StoryPortal.Tests.Running;

/// <summary>What processes send themselves through Redis.</summary>
internal sealed class Beats : IAsyncDisposable
{
    // Twelve times as long as from one to the next.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly ConnectionMultiplexer _redis;
    private long _latest = Stopwatch.GetTimestamp();
    private int _count;

    private Beats(ConnectionMultiplexer redis) => _redis = redis;

    public static async Task<Beats> ListenAsync(RedisServer redis, string channels)
    {
        var beats = new Beats(await redis.ConnectAsync());
        await beats._redis.GetSubscriber().SubscribeAsync(RedisChannel.Pattern(channels), (_, _) =>
        {
            Volatile.Write(ref beats._latest, Stopwatch.GetTimestamp());
            Interlocked.Increment(ref beats._count);
        });
        return beats;
    }

    /// <summary>Waits until none has come for a while.</summary>
    public Task StopAsync() => Eventually.TrueAsync(() => Task.FromResult(Stopwatch.GetElapsedTime(Volatile.Read(ref _latest)) > Silence));

    /// <summary>Waits until they come again.</summary>
    public Task ComeAsync()
    {
        var before = Volatile.Read(ref _count);
        return Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref _count) > before));
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();
}
