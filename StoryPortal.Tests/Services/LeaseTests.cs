using StoryPortal.DataLayer.Services;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>How the registry judges whether an instance is alive, and what it tells of that.</summary>
[Collection(SharedSystem.Name)]
public sealed class LeaseTests(StoryPortalSystem system) : IAsyncLifetime
{
    private const string Url = "http://shop.example/health";

    private RegistryNode _registry = null!;

    public async Task InitializeAsync() => _registry = await RegistryNode.StartAsync(system);

    public async Task DisposeAsync() => await _registry.DisposeAsync();

    [Fact]
    public async Task An_instance_that_misses_its_lease_turns_critical_and_is_removed_after_a_while_with_its_service()
    {
        await _registry.RegisterAsync("a");
        var registered = await _registry.JudgeAsync();

        await _registry.PassAsync(TimeSpan.FromSeconds(29));
        Assert.Equal(registered, await _registry.JudgeAsync());

        await _registry.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(registered + 1, await _registry.JudgeAsync());
        Assert.Equal("critical", await _registry.StatusAsync("a"));
        Assert.Equal(registered + 1, await _registry.JudgeAsync());

        await _registry.PassAsync(RegistryNode.RemoveAfter);
        Assert.Equal(registered + 2, await _registry.JudgeAsync());
        Assert.Empty((await _registry.Store.SnapshotAsync(CancellationToken.None)).Services);
        Assert.Equal(["service.registered a tester", "service.critical a lease missed", "service.removed a lease missed"], await _registry.TrailAsync());
    }

    [Fact]
    public async Task A_sign_of_life_that_changes_nothing_moves_nothing()
    {
        await _registry.RegisterAsync("a");
        var index = await _registry.JudgeAsync();
        var moved = new List<long>();
        _registry.Writer.Changed += moved.Add;

        await _registry.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(RegistryChange.None, await _registry.Leases.HeartbeatAsync("shop", "a", null, CancellationToken.None));
        await _registry.PassAsync(TimeSpan.FromSeconds(20));
        await _registry.RegisterAsync("a");
        await _registry.PassAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(index, await _registry.JudgeAsync());
        Assert.Equal("passing", await _registry.StatusAsync("a"));
        Assert.Empty(moved);
        Assert.Single(await _registry.TrailAsync());
    }

    [Fact]
    public async Task Instances_that_say_different_things_of_their_service_do_not_change_it_by_going_on()
    {
        var first = new NewInstance { Url = "http://shop.example", Version = "1" };
        var second = first with { Version = "2" };
        await _registry.Store.RegisterAsync("shop", "a", first, null, CancellationToken.None);
        await _registry.Store.RegisterAsync("shop", "b", second, null, CancellationToken.None);
        var index = await _registry.JudgeAsync();

        await _registry.Store.RegisterAsync("shop", "a", first, null, CancellationToken.None);
        await _registry.Store.RegisterAsync("shop", "b", second, null, CancellationToken.None);
        Assert.Equal(index, await _registry.JudgeAsync());
    }

    [Fact]
    public async Task A_heartbeat_makes_a_critical_instance_passing_again_and_one_that_is_gone_has_to_register()
    {
        await _registry.RegisterAsync("a");
        await _registry.JudgeAsync();
        await _registry.PassAsync(TimeSpan.FromSeconds(31));
        var critical = await _registry.JudgeAsync();

        Assert.Equal(critical + 1, (await _registry.Leases.HeartbeatAsync("shop", "a", null, CancellationToken.None))!.Index);
        Assert.Equal("passing", await _registry.StatusAsync("a"));
        Assert.Null(await _registry.Leases.HeartbeatAsync("shop", "nobody", null, CancellationToken.None));
        Assert.Equal("service.passing a heartbeat", (await _registry.TrailAsync())[^1]);
    }

    [Fact]
    public async Task An_outage_expires_no_lease_and_leaves_everybody_a_lease_to_be_heard_again()
    {
        await _registry.RegisterAsync("a");
        var before = await _registry.JudgeAsync();

        await _registry.BeAwayAsync(TimeSpan.FromHours(1));
        Assert.Equal(before, await _registry.JudgeAsync());
        await _registry.PassAsync(TimeSpan.FromSeconds(29));
        Assert.Equal(before, await _registry.JudgeAsync());

        await _registry.PassAsync(TimeSpan.FromSeconds(2)); // and nothing was heard
        Assert.Equal(before + 1, await _registry.JudgeAsync());
        Assert.Equal("critical", await _registry.StatusAsync("a"));
    }

    [Fact]
    public async Task An_outage_removes_nobody_either()
    {
        await _registry.RegisterAsync("a");
        await _registry.JudgeAsync();
        await _registry.PassAsync(TimeSpan.FromSeconds(31));
        var critical = await _registry.JudgeAsync();

        await _registry.BeAwayAsync(TimeSpan.FromDays(2));
        Assert.Equal(critical, await _registry.JudgeAsync());
    }

    [Fact]
    public async Task Failed_polls_in_a_row_make_an_instance_critical_and_a_good_one_ends_that()
    {
        await _registry.RegisterAsync("a", healthUrl: Url);
        for (var i = 0; i < 2; i++)
        {
            await PollAsync("health check: 500");
            Assert.Equal("passing", await _registry.StatusAsync("a"));
        }

        await PollAsync(null); // not in a row
        await PollAsync("health check: 500");
        await PollAsync("health check: 500");
        Assert.Equal("passing", await _registry.StatusAsync("a"));
        await PollAsync("health check: 503");
        Assert.Equal("critical", await _registry.StatusAsync("a"));

        // Being alive is not enough.
        await _registry.Leases.HeartbeatAsync("shop", "a", null, CancellationToken.None);
        await _registry.RegisterAsync("a", healthUrl: Url);
        Assert.Equal("critical", await _registry.StatusAsync("a"));

        await PollAsync(null);
        Assert.Equal("passing", await _registry.StatusAsync("a"));
        Assert.Equal(["service.registered a tester", "service.critical a health check: 503", "service.passing a healthy"], await _registry.TrailAsync());
    }

    [Fact]
    public async Task Each_poll_is_made_by_one_of_several_hubs()
    {
        for (var i = 0; i < 20; i++)
        {
            await _registry.RegisterAsync($"i{i}", healthUrl: Url);
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _registry.Polls.DuePollsAsync(TimeSpan.FromMinutes(1), 100, CancellationToken.None)));
        Assert.Equal(20, taken.Sum(polls => polls.Count));
        Assert.Equal(20, taken.SelectMany(polls => polls).Select(poll => poll.Instance).Distinct().Count());
    }

    [Fact]
    public async Task Changes_at_the_same_time_have_an_index_of_their_own_each()
    {
        var before = await _registry.JudgeAsync();
        var indexes = new List<long>();
        _registry.Writer.Changed += index =>
        {
            lock (indexes)
            {
                indexes.Add(index);
            }
        };
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => _registry.RegisterAsync($"i{i}")));

        Assert.Equal(Enumerable.Range(1, 30).Select(i => before + i), indexes.Order());
        var state = await _registry.Store.SnapshotAsync(CancellationToken.None);
        Assert.Equal((before + 30, 30), (state.Index, state.Services.Single().Instances.Count));
    }

    private async Task PollAsync(string? failure)
    {
        await _registry.Database.RunAsync("UPDATE mcp_documents.service_instances SET health_due_at = now()");
        var poll = Assert.Single(await _registry.Polls.DuePollsAsync(TimeSpan.FromMinutes(1), 10, CancellationToken.None));
        await _registry.Polls.PolledAsync(poll, failure, mostFailures: 3, CancellationToken.None);
    }
}
