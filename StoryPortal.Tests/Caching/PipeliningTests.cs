using System.Text;
using StackExchange.Redis;
using StoryPortal.DataLayer.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>Many keys at once cost the way to Redis and back a few times, and not once for each.</summary>
public sealed class PipeliningTests
{
    private const int Keys = 500;

    [Fact]
    public async Task Many_keys_are_written_read_and_invalidated_in_a_few_round_trips()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var slow = new TcpProxy(() => redis.Port) { Delay = TimeSpan.FromMilliseconds(20) };
        var options = ConfigurationOptions.Parse(slow.Address);
        options.AsyncTimeout = 30_000;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        var answers = new RedisAnswers(connection);
        var keys = Enumerable.Range(0, Keys).Select(_ => CacheKey.Agent(Guid.NewGuid())).ToArray();
        var now = DateTimeOffset.UtcNow;

        var connected = slow.RoundTrips;
        var versions = await answers.VersionsAsync([.. keys.Select(key => key.Tag)]);
        await Task.WhenAll(keys.Select((key, i) => answers.StoreAsync(
            key, new CachedAnswer(new Answer(Encoding.UTF8.GetBytes(key.Text)), now.AddMinutes(1), now, default), versions[i],
            TimeSpan.FromMinutes(1))));
        Assert.InRange(slow.RoundTrips - connected, 1, 20);

        var written = slow.RoundTrips;
        var read = await Task.WhenAll(keys.Select(answers.FetchAsync));
        Assert.Equal(
            keys.Select(key => key.Text),
            read.Zip(keys, (found, key) => StoredAnswer.Read(key, found.Bytes, found.Versions, default, now)!)
                .Select(answer => Encoding.UTF8.GetString(answer.Json.Span)));
        Assert.InRange(slow.RoundTrips - written, 1, 20);

        var before = slow.RoundTrips;
        await answers.InvalidateAsync([.. keys.Select(key => key.Tag.Slot).Distinct()]);
        Assert.InRange(slow.RoundTrips - before, 1, 5);
        Assert.All(await Task.WhenAll(keys.Select(answers.FetchAsync)), found => Assert.Null(found.Bytes));
    }
}
