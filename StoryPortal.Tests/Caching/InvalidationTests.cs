using StoryPortal.DataLayer.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>Once a write has been answered, no process serves what was there before.</summary>
public sealed class InvalidationTests : IAsyncLifetime
{
    private readonly Guid _id = Guid.NewGuid();
    private readonly Table _table = new();
    private RedisServer _redis = null!;
    private CacheNode _one = null!;
    private CacheNode _other = null!;

    public Task InitializeAsync() => StartFixtureAsync().OrDisposeAsync(this);

    private async Task StartFixtureAsync()
    {
        _redis = await RedisServer.StartAsync();
        _one = await StartAsync();
        _other = await StartAsync();
    }

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_one, _other, _redis);

    [Fact]
    public async Task What_one_node_has_loaded_another_finds_in_redis_and_then_in_its_memory()
    {
        _table.Rows[_id] = "first";
        Assert.Equal(("first", CacheSource.Miss), await _one.ReadAsync(_table, _id));
        await _one.IsStoredAsync(_id);

        Assert.Equal(("first", CacheSource.Redis), await _other.ReadAsync(_table, _id));
        Assert.Equal(("first", CacheSource.Memory), await _other.ReadAsync(_table, _id));
        Assert.Equal(1, _table.Reads);
    }

    [Fact]
    public async Task A_write_is_read_at_once_on_every_node()
    {
        for (var i = 0; i < 100; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (_one, _other) : (_other, _one);
            await writer.WriteAsync(_table, _id, $"version {i}");
            Assert.Equal($"version {i}", (await reader.ReadAsync(_table, _id)).Text);
            Assert.Equal($"version {i}", (await writer.ReadAsync(_table, _id)).Text);
        }
    }

    [Fact]
    public async Task What_a_load_has_read_before_a_write_is_not_served_after_it_on_either_node()
    {
        _table.Rows[_id] = "old";
        var gate = new TaskCompletionSource();
        _table.Gate = gate.Task;
        Task<(string? Text, CacheSource)>[] before = [_one.ReadAsync(_table, _id), _other.ReadAsync(_table, _id)];
        await Eventually.TrueAsync(() => Task.FromResult(_table.Reads == 2));

        await _one.WriteAsync(_table, _id, "new");
        Task<(string? Text, CacheSource)>[] after = [_one.ReadAsync(_table, _id), _other.ReadAsync(_table, _id)];
        _table.Gate = Task.CompletedTask;
        gate.SetResult();

        Assert.All(await Task.WhenAll(before), read => Assert.Equal("old", read.Text)); // they had asked before
        Assert.All(await Task.WhenAll(after), read => Assert.Equal("new", read.Text));
        Assert.Equal("new", (await _one.ReadAsync(_table, _id)).Text);
        Assert.Equal("new", (await _other.ReadAsync(_table, _id)).Text);
        await using var third = await StartAsync(); // with nothing in memory: what is in Redis is the new one as well
        Assert.Equal("new", (await third.ReadAsync(_table, _id)).Text);
    }

    [Fact]
    public async Task What_is_not_there_is_asked_for_once_and_found_as_soon_as_it_is_created()
    {
        Assert.Null((await _one.ReadAsync(_table, _id)).Text);
        Assert.Null((await _other.ReadAsync(_table, _id)).Text);

        await _one.WriteAsync(_table, _id, "created");
        Assert.Equal("created", (await _one.ReadAsync(_table, _id)).Text);
        Assert.Equal("created", (await _other.ReadAsync(_table, _id)).Text);
    }

    [Fact]
    public async Task Two_hundred_callers_of_a_cold_key_are_one_query()
    {
        _table.Rows[_id] = "row";
        var gate = new TaskCompletionSource();
        _table.Gate = gate.Task;
        var reads = Enumerable.Range(0, 200).Select(_ => Task.Run(() => _one.ReadAsync(_table, _id))).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(_table.Reads > 0));
        gate.SetResult();

        Assert.All(await Task.WhenAll(reads), read => Assert.Equal("row", read.Text));
        Assert.Equal(1, _table.Reads);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_delays_a_write_no_longer_than_the_cap()
    {
        await using var patient = await CacheNode.StartAsync(_redis.Address, options => options.AcknowledgementMilliseconds = 5);
        var redis = await _redis.ConnectAsync();
        await redis.GetSubscriber().SubscribeAsync(StackExchange.Redis.RedisChannel.Literal("sp_v2:cache"), (_, _) => { }); // listens, and never answers

        await patient.WriteAsync(_table, _id, "new");
        Assert.Equal("new", (await patient.ReadAsync(_table, _id)).Text);
        await redis.DisposeAsync();
    }

    // Redis is never away here, however slow this machine is.
    private Task<CacheNode> StartAsync() => CacheNode.StartAsync(_redis.Address, options => options.SilenceMilliseconds = 30_000, timeoutMilliseconds: 30_000);
}
