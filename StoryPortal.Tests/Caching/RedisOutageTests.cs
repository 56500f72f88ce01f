using StoryPortal.DataLayer.Caching;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>Redis may be stopped, paused, emptied or full: no read and no write fails, and nothing is served that a write has replaced.</summary>
public sealed class RedisOutageTests : IAsyncLifetime
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
        _table.Rows[_id] = "before";
        Assert.Equal("before", (await _one.ReadAsync(_table, _id)).Text);
        Assert.Equal("before", (await _other.ReadAsync(_table, _id)).Text);
    }

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_one, _other, _redis);

    [Fact]
    public async Task Stopped_and_restarted_empty()
    {
        _redis.Stop();
        await WritesAreReadAsync();

        await _redis.RunAsync();
        await EverythingIsAsItWasAsync();
    }

    [Fact]
    public async Task Paused_and_going_on_with_what_it_held()
    {
        _redis.Pause();
        await WritesAreReadAsync();

        _redis.Resume();
        await EverythingIsAsItWasAsync();
    }

    [Fact]
    public async Task Paused_the_writer_alone_knows_of_what_it_wrote_and_tells_it_when_redis_goes_on()
    {
        _redis.Pause();
        await _one.WriteAsync(_table, _id, "during"); // the command is lost, or comes late: either way the old answer is still in Redis
        _redis.Resume();

        await _one.IsUsableAsync();
        await _other.IsUsableAsync();
        await using var third = await StartAsync();
        Assert.Equal("during", (await third.ReadAsync(_table, _id)).Text);
        Assert.Equal("during", (await _other.ReadAsync(_table, _id)).Text);
    }

    [Theory]
    [InlineData("allkeys-lru", "2mb")] // evicts
    [InlineData("noeviction", "1")] // takes nothing at all
    public async Task Full(string policy, string maxMemory)
    {
        await using var operators = await _redis.ConnectAsync();
        var server = operators.GetServers()[0];
        await server.ConfigSetAsync("maxmemory-policy", policy);
        await server.ConfigSetAsync("maxmemory", maxMemory);

        var ids = Enumerable.Range(0, 200).Select(_ => Guid.NewGuid()).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var text = $"{round}{new string('x', 20_000)}";
            await Task.WhenAll(ids.Select(async (id, i) =>
            {
                var (writer, reader) = i % 2 == 0 ? (_one, _other) : (_other, _one);
                await writer.WriteAsync(_table, id, text);
                Assert.Equal(text, (await reader.ReadAsync(_table, id)).Text);
                Assert.Equal(text, (await writer.ReadAsync(_table, id)).Text);
            }));
        }

        await _one.IsUsableAsync(); // it is full, not away
        await server.ConfigSetAsync("maxmemory", "512mb");
        await EverythingIsAsItWasAsync();
    }

    [Fact]
    public async Task What_a_late_load_has_read_before_a_write_does_not_come_back()
    {
        await using var hasty = await CacheNode.StartAsync(_redis.Address, options => options.SoftTimeoutMilliseconds = 20);
        Assert.Equal("before", (await hasty.ReadAsync(_table, _id)).Text);
        _redis.Stop();
        await hasty.IsNotUsableAsync();

        // Nobody tells this node of writes now: it does not believe for long what it has, and asks. The answer takes too long, and the caller leaves without it.
        var gate = new TaskCompletionSource();
        _table.Gate = gate.Task;
        await Eventually.TrueAsync(async () => await hasty.ReadAsync(_table, _id) is ("before", CacheSource.Stale));
        _table.Gate = Task.CompletedTask;
        await hasty.WriteAsync(_table, _id, "after");
        gate.SetResult();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("after", (await hasty.ReadAsync(_table, _id)).Text);
        }
    }

    // Slow to take Redis for lost: this machine may be slow as well.
    private Task<CacheNode> StartAsync() => CacheNode.StartAsync(_redis.Address, options => options.SilenceMilliseconds = 2000, timeoutMilliseconds: 1000);

    // The writer reads what it wrote at once. The other one cannot be told, and asks for itself after a second.
    private async Task WritesAreReadAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            await _one.WriteAsync(_table, _id, $"during {i}");
            Assert.Equal($"during {i}", (await _one.ReadAsync(_table, _id)).Text);
            Assert.NotNull((await _other.ReadAsync(_table, _id)).Text);
        }

        await Eventually.TrueAsync(async () => await _other.ReadAsync(_table, _id) is ("during 19", _));
        Assert.False(_one.Backplane.IsUsable);
    }

    private async Task EverythingIsAsItWasAsync()
    {
        await _one.IsUsableAsync();
        await _other.IsUsableAsync();
        await _other.WriteAsync(_table, _id, "afterwards");
        Assert.Equal("afterwards", (await _one.ReadAsync(_table, _id)).Text);
        await Eventually.TrueAsync(async () =>
        {
            await using var fresh = await StartAsync();
            return await fresh.ReadAsync(_table, _id) is ("afterwards", CacheSource.Redis);
        });
    }
}
