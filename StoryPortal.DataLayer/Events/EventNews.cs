using StackExchange.Redis;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.DataLayer.Events;

/// <summary>
/// Tells every process that events were committed: this one at once, the others through Redis, one empty message for each commit. It is a wake-up
/// and nothing more: who listens reads what is new from the database, and looks by itself now and then, for Redis may be away.
/// </summary>
public sealed class EventNews
{
    private static readonly RedisChannel Channel = RedisChannel.Literal(CacheNames.EventsStored);

    private readonly IConnectionMultiplexer? _redis;
    private readonly CacheBackplane? _backplane;
    private volatile Action? _heard;

    /// <summary>News for every process that shares <paramref name="redis"/>; without it, for this one alone.</summary>
    internal EventNews(IConnectionMultiplexer? redis, CacheBackplane? backplane) => (_redis, _backplane) = (redis, backplane);

    /// <summary>That so many events were committed. Never fails, and waits for nobody.</summary>
    public void Stored(int count)
    {
        if (count == 0)
        {
            return;
        }

        if (StoryTransaction.Current is { } transaction)
        {
            transaction.AfterCommit(() =>
            {
                Tell();
                return Task.CompletedTask;
            });
        }
        else
        {
            Tell();
        }
    }

    /// <summary>Calls <paramref name="heard"/> whenever events were committed anywhere, until <see cref="Ignore"/>. There is one listener in a process.</summary>
    public void Listen(Action heard)
    {
        _heard = heard;
        _ = ChangeAsync(subscriber => subscriber.SubscribeAsync(Channel, (_, _) => _heard?.Invoke()));
    }

    /// <summary>Listens no more: nobody sends this process anything then.</summary>
    public void Ignore()
    {
        _heard = null;
        _ = ChangeAsync(static subscriber => subscriber.UnsubscribeAsync(Channel));
    }

    private void Tell()
    {
        _heard?.Invoke();
        if (_redis is null || _backplane is not { IsReachable: true })
        {
            return;
        }

        try
        {
            _redis.GetSubscriber().Publish(Channel, RedisValue.EmptyString, CommandFlags.FireAndForget);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // Whoever listens finds the events the next time it looks.
        }
    }

    // Not waited for: without Redis the listener looks by itself.
    private async Task ChangeAsync(Func<ISubscriber, Task> change)
    {
        try
        {
            if (_redis is not null)
            {
                await change(_redis.GetSubscriber());
            }
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            // The multiplexer remembers what was subscribed and makes up for it.
        }
    }
}
