using StoryPortal.DataLayer.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>A process in which nobody looks anything up is silent, and misses nothing for it.</summary>
public sealed class QuietNodeTests : IAsyncLifetime
{
    private readonly Guid _id = Guid.NewGuid();
    private readonly Table _table = new();
    private RedisServer _redis = null!;
    private CacheNode _node = null!;

    public Task InitializeAsync() => StartFixtureAsync().OrDisposeAsync(this);

    private async Task StartFixtureAsync()
    {
        _redis = await RedisServer.StartAsync();
        _node = await CacheNode.StartAsync(_redis.Address, Quiet);
    }

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_node, _redis);

    [Fact]
    public async Task What_was_kept_before_is_served_after()
    {
        _table.Rows[_id] = "kept";
        await _node.ReadAsync(_table, _id);
        await _node.IsStoredAsync(_id);
        await using var beats = await Beats.ListenAsync(_redis, "sp_v2:cache");
        await beats.StopAsync();

        Assert.Equal(("kept", CacheSource.Redis), await _node.ReadAsync(_table, _id));
        Assert.Equal(1, _table.Reads);
        await beats.ComeAsync();
        Assert.Equal(("kept", CacheSource.Memory), await _node.ReadAsync(_table, _id));
    }

    [Fact]
    public async Task What_others_change_meanwhile_is_known_after()
    {
        await _node.WriteAsync(_table, _id, "before");
        await _node.ReadAsync(_table, _id);
        await using var beats = await Beats.ListenAsync(_redis, "sp_v2:cache");
        await beats.StopAsync();

        await using var other = await CacheNode.StartAsync(_redis.Address, Quiet);
        await other.WriteAsync(_table, _id, "after");
        Assert.Equal("after", (await _node.ReadAsync(_table, _id)).Text);
    }

    [Fact]
    public async Task A_redis_that_freezes_meanwhile_is_not_believed()
    {
        await _node.WriteAsync(_table, _id, "before");
        await _node.ReadAsync(_table, _id);
        await using (var beats = await Beats.ListenAsync(_redis, "sp_v2:cache"))
        {
            await beats.StopAsync();
        }

        _redis.Pause();
        _table.Rows[_id] = "after"; // by somebody who could not tell
        Assert.Equal(("after", CacheSource.Miss), await _node.ReadAsync(_table, _id));
        _redis.Resume();
    }

    private static void Quiet(CacheOptions options) => options.RestAfterSeconds = 1;
}
