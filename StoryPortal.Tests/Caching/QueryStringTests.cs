using System.Text;
using StackExchange.Redis;
using StoryPortal.DataLayer.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>
/// Callers choose query strings: what the responses to them take in Redis and in memory is bounded, and they displace nothing else.
/// </summary>
public sealed class QueryStringTests : IAsyncLifetime
{
    private const int Queries = 4 * CacheKey.SlotsPerList;

    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private CacheNode _one = null!;
    private CacheNode _other = null!;

    private IServer Server => _connection.GetServers()[0];

    public Task InitializeAsync() => StartFixtureAsync().OrDisposeAsync(this);

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_one, _other, _connection, _redis);

    [Fact]
    public async Task Any_number_of_query_strings_takes_a_fixed_number_of_keys_in_Redis()
    {
        await Parallel.ForAsync(0, Queries, async (i, _) => await ReadAsync(_one, CacheKey.Agents($"?type={i}"), $"[{i}]"));
        await Eventually.TrueAsync(() => Task.FromResult(KeysOfLists() > CacheKey.SlotsPerList / 2));
        Assert.InRange(KeysOfLists(), 1, CacheKey.SlotsPerList);
    }

    [Fact]
    public async Task Query_strings_that_share_a_slot_never_get_each_others_response()
    {
        // More query strings than slots: every slot is that of several.
        for (var i = 0; i < Queries; i++)
        {
            await ReadAsync(_one, CacheKey.Services($"?tag={i}"), $"[{i}]");
        }

        for (var i = 0; i < Queries; i++)
        {
            Assert.Equal($"[{i}]", (await ReadAsync(_other, CacheKey.Services($"?tag={i}"), $"[{i}]")).Text);
        }
    }

    [Fact]
    public async Task A_list_without_a_query_string_and_a_single_resource_keep_their_own_keys()
    {
        var agent = CacheKey.Agent(Guid.NewGuid());
        await ReadAsync(_one, CacheKey.Agents(""), "[]");
        await ReadAsync(_one, agent, "{}");
        await Parallel.ForAsync(0, Queries, async (i, _) => await ReadAsync(_one, CacheKey.Agents($"?type={i}"), $"[{i}]"));
        Assert.Equal(CacheSource.Redis, (await ReadAsync(_other, CacheKey.Agents(""), "[]")).Source);
        Assert.Equal(CacheSource.Redis, (await ReadAsync(_other, agent, "{}")).Source);
    }

    [Fact]
    public async Task A_large_response_to_one_is_cached_in_memory_alone()
    {
        var large = $"[\"{new string('x', 65 * 1024)}\"]";
        await ReadAsync(_one, CacheKey.Agents("?limit=1000"), large);
        await ReadAsync(_one, CacheKey.Agents("?limit=1"), "[]"); // stored after it
        await Eventually.TrueAsync(() => Task.FromResult(KeysOfLists() == 1));
        Assert.Equal(CacheSource.Memory, (await ReadAsync(_one, CacheKey.Agents("?limit=1000"), large)).Source);
        Assert.Equal(CacheSource.Miss, (await ReadAsync(_other, CacheKey.Agents("?limit=1000"), large)).Source);
    }

    [Fact]
    public async Task Query_strings_are_evicted_from_memory_before_a_single_resource()
    {
        const int Megabytes = 1;
        await using var small = await CacheNode.StartAsync(_redis.Address, options => options.MemoryMegabytes = Megabytes);
        var agent = CacheKey.Agent(Guid.NewGuid());
        await ReadAsync(small, agent, "{}");
        var page = $"[\"{new string('x', 60_000)}\"]";
        for (var i = 0; i < 200; i++)
        {
            await ReadAsync(small, CacheKey.Agents($"?type={i}"), page);
        }

        Assert.Equal(CacheSource.Memory, (await ReadAsync(small, agent, "{}")).Source);
    }

    private async Task StartFixtureAsync()
    {
        _redis = await RedisServer.StartAsync();
        _connection = await _redis.ConnectAsync();
        _one = await CacheNode.StartAsync(_redis.Address);
        _other = await CacheNode.StartAsync(_redis.Address);
    }

    private int KeysOfLists() => Server.Keys(pattern: "sp_v2:api_responses:*").Count();

    private static async Task<(string Text, CacheSource Source)> ReadAsync(CacheNode node, CacheKey key, string json)
    {
        var found = await node.Cache.GetAsync(
            key, json, static (text, _) => Task.FromResult<Answer?>(new Answer(Encoding.UTF8.GetBytes(text))), CancellationToken.None);
        return (Encoding.UTF8.GetString(found.Answer.Json.Span), found.Source);
    }
}
