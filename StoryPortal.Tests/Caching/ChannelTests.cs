using System.Collections.Concurrent;
using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>Messages between processes.</summary>
public sealed class ChannelTests
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("sp_v2:tests");

    [Fact]
    public async Task A_redis_that_comes_late_is_waited_for_and_each_message_is_heard_once()
    {
        await using var redis = await RedisServer.StartAsync();
        redis.Stop();
        var options = ConfigurationOptions.Parse(redis.Address);
        options.FailFast();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        using var end = new CancellationTokenSource();
        var heard = new ConcurrentQueue<string>();
        var listening = connection.ListenAsync(Channel, message => heard.Enqueue(message!), end.Token);

        await redis.RunAsync();
        await using var other = await redis.ConnectAsync();
        await Eventually.TrueAsync(async () =>
        {
            await other.GetSubscriber().PublishAsync(Channel, "is anybody there?");
            return !heard.IsEmpty;
        });
        await listening; // it has subscribed, and asks no more
        await other.GetSubscriber().PublishAsync(Channel, "once");
        await other.GetSubscriber().PublishAsync(Channel, "last");
        await Eventually.TrueAsync(() => Task.FromResult(heard.Contains("last")));

        Assert.Single(heard, message => message == "once");
    }
}
