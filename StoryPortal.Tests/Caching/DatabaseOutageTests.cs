using Npgsql;
using StackExchange.Redis;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>While the database is away, what is cached is served, and says that it may be stale.</summary>
public sealed class DatabaseOutageTests : IAsyncLifetime
{
    private readonly Guid _id = Guid.NewGuid();
    private readonly Table _table = new();
    private RedisServer _redis = null!;
    private CacheNode _node = null!;

    public Task InitializeAsync() => StartFixtureAsync().OrDisposeAsync(this);

    private async Task StartFixtureAsync()
    {
        _redis = await RedisServer.StartAsync();
        _node = await CacheNode.StartAsync(_redis.Address);
        _table.Rows[_id] = "row";
    }

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_node, _redis);

    [Fact]
    public async Task Every_read_of_what_is_cached_is_marked_and_not_only_the_first()
    {
        await _node.ReadAsync(_table, _id);
        _node.Database.IsReachable = false;

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(("row", CacheSource.Stale), await _node.ReadAsync(_table, _id));
        }

        _node.Database.IsReachable = true;
        Assert.Equal(("row", CacheSource.Memory), await _node.ReadAsync(_table, _id));
    }

    [Fact]
    public async Task A_registry_write_that_never_reaches_the_database_ends_the_version_under_which_gateways_cache()
    {
        RedisKey version = $"{CacheNames.TagVersion}{CacheNames.ServicesSlot}";
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().StringSetAsync(version, "present");

        var registry = new RegistryWriter(_node.Database, _node.Cache);
        var query = new Query("test", QueryClass.Simple, QueryAccess.Write, "SELECT 1");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => registry.ChangeAsync(query, [], CancellationToken.None));

        Assert.NotEqual("present", (string?)await redis.GetDatabase().StringGetAsync(version));
    }

    [Fact]
    public async Task What_has_to_be_asked_again_is_served_stale_every_time_and_the_database_is_asked_once_in_a_while()
    {
        await _node.ReadAsync(_table, _id);
        _redis.Stop(); // from now on nobody tells of changes: the database has to be asked again
        await _node.IsNotUsableAsync();
        _table.IsAway = true;
        await Eventually.TrueAsync(async () => await _node.ReadAsync(_table, _id) is ("row", CacheSource.Stale));

        var asked = _table.Reads;
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(("row", CacheSource.Stale), await _node.ReadAsync(_table, _id));
        }

        Assert.InRange(_table.Reads - asked, 0, 49);
        _table.IsAway = false;
        await Eventually.TrueAsync(async () => await _node.ReadAsync(_table, _id) is ("row", CacheSource.Miss));
    }

    [Fact]
    public async Task What_is_not_cached_fails_as_the_database_does()
    {
        _table.IsAway = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => _node.ReadAsync(_table, _id));
    }

    [Fact]
    public async Task What_a_write_has_replaced_is_not_served_even_then()
    {
        await _node.ReadAsync(_table, _id);
        await _node.WriteAsync(_table, _id, "new");
        _table.IsAway = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => _node.ReadAsync(_table, _id));
    }

    [Fact]
    public async Task Of_a_write_that_may_be_committed_the_answer_before_is_served_stale_until_the_database_is_asked_again()
    {
        await using var other = await CacheNode.StartAsync(_redis.Address);
        CacheNode[] nodes = [_node, other];
        foreach (var node in nodes)
        {
            await node.ReadAsync(_table, _id);
        }

        _table.Rows[_id] = "new";
        _table.IsAway = true;
        await Assert.ThrowsAsync<NpgsqlException>(() => _node.Cache.InvalidateAfterAsync(
            Task.FromException<bool>(new NpgsqlException("lost during the commit")), _ => true, CacheKey.AgentTag(_id)));
        foreach (var node in nodes)
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Equal(("row", CacheSource.Stale), await node.ReadAsync(_table, _id));
            }
        }

        _table.IsAway = false;
        foreach (var node in nodes)
        {
            await Eventually.TrueAsync(async () => await node.ReadAsync(_table, _id) is ("new", CacheSource.Memory or CacheSource.Redis));
        }
    }

    [Fact]
    public async Task Of_a_write_that_may_be_committed_the_next_read_asks_the_database()
    {
        await _node.ReadAsync(_table, _id);
        _table.Rows[_id] = "new";
        await Assert.ThrowsAsync<NpgsqlException>(() => _node.Cache.InvalidateAfterAsync(
            Task.FromException<bool>(new NpgsqlException("lost during the commit")), _ => true, CacheKey.AgentTag(_id)));
        Assert.Equal(("new", CacheSource.Miss), await _node.ReadAsync(_table, _id));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_given_up_by_every_caller_in_the_same_time()
    {
        await using var node = await CacheNode.StartAsync(_redis.Address, options => options.TimeoutMilliseconds = 100);
        _table.Gate = new TaskCompletionSource().Task;
        var reads = Enumerable.Range(0, 50).Select(_ => node.ReadAsync(_table, _id)).ToArray();
        foreach (var read in reads)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => read).WaitAsync(TimeSpan.FromSeconds(30)); // one after the other it would be longer
        }
    }
}
