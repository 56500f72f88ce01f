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
        Assert.Equal(RegistryChange.None, await _registry.Leases.HeartbeatAsync("shop", "a", RegistryNode.Tester, CancellationToken.None));
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
        await _registry.Store.RegisterAsync("shop", "a", first, RegistryNode.Tester, OwnerLimits.None, CancellationToken.None);
        await _registry.Store.RegisterAsync("shop", "b", second, RegistryNode.Tester, OwnerLimits.None, CancellationToken.None);
        var index = await _registry.JudgeAsync();

        await _registry.Store.RegisterAsync("shop", "a", first, RegistryNode.Tester, OwnerLimits.None, CancellationToken.None);
        await _registry.Store.RegisterAsync("shop", "b", second, RegistryNode.Tester, OwnerLimits.None, CancellationToken.None);
        Assert.Equal(index, await _registry.JudgeAsync());
    }

    [Fact]
    public async Task A_heartbeat_makes_a_critical_instance_passing_again_and_one_that_is_gone_has_to_register()
    {
        await _registry.RegisterAsync("a");
        await _registry.JudgeAsync();
        await _registry.PassAsync(TimeSpan.FromSeconds(31));
        var critical = await _registry.JudgeAsync();

        var renewed = await _registry.Leases.HeartbeatAsync("shop", "a", RegistryNode.Tester, CancellationToken.None);
        Assert.Equal(critical + 1, renewed!.Index);
        Assert.Equal("passing", await _registry.StatusAsync("a"));
        Assert.Null(await _registry.Leases.HeartbeatAsync("shop", "nobody", RegistryNode.Tester, CancellationToken.None));
        Assert.Equal("service.passing a heartbeat tester", (await _registry.TrailAsync())[^1]);
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
        await _registry.Leases.HeartbeatAsync("shop", "a", RegistryNode.Tester, CancellationToken.None);
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

        var taken = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => _registry.Polls.DuePollsAsync(RegistryNode.Turns, [], 100, CancellationToken.None)));
        Assert.Equal(20, taken.Sum(polls => polls.Count));
        Assert.Equal(20, taken.SelectMany(polls => polls).Select(poll => poll.Instance).Distinct().Count());
    }

    [Fact]
    public async Task Owners_take_turns_and_so_do_the_hosts_of_an_owner()
    {
        await FillAsync("mallory", "silent", "http://silent.example", 300);
        await FillAsync("ada", "shop", "http://shop.example:*", 20);
        await FillAsync("ada", "till", "http://till.example", 2);
        await FillAsync("bob", "bank", "http://bank.example", 1);

        var turns = RegistryNode.Turns with { PerOwner = 4, PerHost = 3 };
        var first = await _registry.Polls.DuePollsAsync(turns, [], 64, CancellationToken.None);
        Assert.Equal(["ada till", "ada till", "ada shop", "ada shop", "bob bank", "mallory silent", "mallory silent", "mallory silent"],
            first.Select(poll => $"{poll.Owner} {poll.Service}").OrderBy(poll => poll[0]).ThenByDescending(poll => poll));

        // Polls under way count: no owner gets more than its share, and free turns go to other owners.
        var second = await _registry.Polls.DuePollsAsync(turns, first.Where(poll => poll.Owner != "ada"), 64, CancellationToken.None);
        Assert.Equal(["ada"], second.Select(poll => poll.Owner).Distinct());
        var third = await _registry.Polls.DuePollsAsync(turns, first.Where(poll => poll.Owner == "ada"), 2, CancellationToken.None);
        Assert.Equal(["mallory", "mallory"], third.Select(poll => poll.Owner));
    }

    [Fact]
    public async Task An_instance_that_fails_is_polled_less_and_less_often_until_it_responds()
    {
        await _registry.RegisterAsync("a", healthUrl: Url);
        for (var i = 0; i < 3; i++)
        {
            await PollAsync("health check: 500");
            Assert.Equal(1, await DueInAsync()); // as often as others until it is critical
        }

        foreach (var minutes in (int[])[2, 4, 8, 16, 32, 60, 60])
        {
            await PollAsync("health check: 500");
            Assert.Equal(minutes, await DueInAsync());
        }

        await PollAsync(null);
        await PollAsync(null);
        Assert.Equal(1, await DueInAsync());

        async Task<double> DueInAsync()
        {
            const string Minutes = "SELECT round(extract(epoch FROM health_due_at - now()) / 60)::int FROM mcp_documents.service_instances";
            return double.Parse((await _registry.Database.TextsAsync(Minutes)).Single(), System.Globalization.CultureInfo.InvariantCulture);
        }
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

    private Task FillAsync(string owner, string service, string healthUrl, int count) => _registry.Database.RunAsync($"""
        INSERT INTO mcp_documents.services (name) VALUES ('{service}');
        INSERT INTO mcp_documents.service_owners (service_name, owner_id, owner_name) VALUES ('{service}', '{owner}', '{owner}');
        INSERT INTO mcp_documents.service_instances (service_name, id, url, health_url, health_due_at)
        SELECT '{service}', n, 'http://a.example', replace('{healthUrl}', '*', n::text), now() - interval '1 minute'
        FROM generate_series(1, {count}) n
        """);

    private async Task PollAsync(string? failure)
    {
        await _registry.Database.RunAsync("UPDATE mcp_documents.service_instances SET health_due_at = now()");
        var poll = Assert.Single(await _registry.Polls.DuePollsAsync(RegistryNode.Turns, [], 10, CancellationToken.None));
        await _registry.Polls.PolledAsync(poll, failure, mostFailures: 3, CancellationToken.None);
    }
}
