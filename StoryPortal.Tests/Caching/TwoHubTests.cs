using System.Diagnostics;
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StackExchange.Redis;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>Two hubs behind the gateway, and what may happen to Redis and Postgres below them.</summary>
public sealed class TwoHubTests : IAsyncLifetime
{
    private readonly StoryPortalSystem _system = new(["--StoryPortal:Hubs=2", "--StoryPortal:Servers=local"], builder =>
    {
        // A write waits for the other hub as long as this machine makes it wait.
        foreach (var hub in builder.Resources.OfType<ProjectResource>().Where(project => project.Name.StartsWith("service-hub", StringComparison.Ordinal)).ToList())
        {
            builder.CreateResourceBuilder(hub).WithEnvironment("Cache__AcknowledgementMilliseconds", "1000");
        }
    });

    private readonly string _type = $"two-hubs-{Guid.NewGuid():N}";
    private HttpClient[] _hubs = [];

    public async Task InitializeAsync()
    {
        await _system.InitializeAsync();
        _hubs = [_system.CreateHubClient(), _system.CreateHubClient("service-hub-2")];
        await SharedAsync();
    }

    public Task DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task A_write_through_the_gateway_is_read_at_once_whichever_hub_answers()
    {
        using var created = await _system.Gateway.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "0", "type": "{{_type}}"}"""));
        var address = $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
        for (var i = 1; i <= 30; i++)
        {
            using var patched = await _system.Gateway.PatchAsync(Relative(address), Answers.Json($$"""{"name": "{{i}}"}"""));
            await patched.JsonAsync();
            foreach (var reader in (HttpClient[])[.. _hubs, _system.Gateway])
            {
                Assert.Equal($"{i}", await NameAsync(reader, address));
                Assert.Equal($"{i}", await NameInListAsync(reader));
            }
        }
    }

    [Fact]
    public async Task Redis_may_go_be_paused_and_come_back_empty()
    {
        using var created = await _system.Gateway.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "before", "type": "{{_type}}"}"""));
        var address = $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
        await ReadEverywhereAsync(address);

        await SignalRedisAsync("STOP");
        await WriteAndReadAsync(address, "paused");
        await SignalRedisAsync("CONT");
        await SharedAsync();
        await ReadEverywhereAsync(address, "paused");

        await _system.RunAsync("redis-server", KnownResourceCommands.StopCommand);
        await WriteAndReadAsync(address, "stopped");
        await _system.RunAsync("redis-server", KnownResourceCommands.StartCommand);
        await SharedAsync();
        await ReadEverywhereAsync(address, "stopped");
    }

    [Fact]
    public async Task Without_postgres_what_is_cached_is_served_and_marked_every_time_and_everything_else_is_told_when_to_come_again()
    {
        using var created = await _system.Gateway.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "cached", "type": "{{_type}}"}"""));
        var address = $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
        await ReadEverywhereAsync(address);
        await _system.RunAsync("postgres", KnownResourceCommands.StopCommand);

        foreach (var hub in _hubs)
        {
            await Eventually.TrueAsync(async () => await SourceAsync(hub, address) == "STALE");
            for (var i = 0; i < 5; i++)
            {
                Assert.Equal("STALE", await SourceAsync(hub, address));
            }

            using var refused = await hub.GetAsync(Relative($"/v1/agents/{Guid.NewGuid()}"));
            await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        }

        await _system.RunAsync("postgres", KnownResourceCommands.StartCommand);
        await Eventually.TrueAsync(async () => await SourceAsync(_hubs[0], address) == "HIT" && await SourceAsync(_hubs[1], address) == "HIT");
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    // Nobody fails. Who wrote it reads it at once; the other hub cannot be told, and finds out by itself.
    private async Task WriteAndReadAsync(string address, string name)
    {
        using var patched = await _hubs[0].PatchAsync(Relative(address), Answers.Json($$"""{"name": "{{name}}"}"""));
        await patched.JsonAsync();
        Assert.Equal(name, await NameAsync(_hubs[0], address));
        await Eventually.TrueAsync(async () => await NameAsync(_hubs[1], address) == name);
        for (var i = 0; i < 10; i++)
        {
            await ReadEverywhereAsync(address, name);
        }
    }

    private async Task ReadEverywhereAsync(string address, string? name = null)
    {
        foreach (var reader in (HttpClient[])[.. _hubs, _system.Gateway])
        {
            var read = await NameAsync(reader, address);
            Assert.Equal(name ?? read, read);
        }
    }

    // Each hub finds in Redis what it has not loaded itself: both use it.
    private Task SharedAsync() => Eventually.TrueAsync(async () =>
    {
        using var created = await _hubs[0].PostAsync(Relative("/v1/agents"), Answers.Json("""{"name": "shared", "type": "two-hubs"}"""));
        var address = $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
        return (await SourceAsync(_hubs[0], address), await SourceAsync(_hubs[1], address)) is ("MISS", "HIT");
    });

    private static async Task<string> NameAsync(HttpClient client, string address)
    {
        using var response = await client.GetAsync(Relative(address));
        return (await response.JsonAsync()).GetProperty("name").GetString()!;
    }

    private async Task<string> NameInListAsync(HttpClient client)
    {
        using var response = await client.GetAsync(Relative($"/v1/agents?type={_type}"));
        return Assert.Single((await response.JsonAsync()).EnumerateArray()).GetProperty("name").GetString()!;
    }

    private static async Task<string> SourceAsync(HttpClient client, string address)
    {
        using var response = await client.GetAsync(Relative(address));
        await response.JsonAsync();
        return response.Headers.GetValues("X-Cache").Single();
    }

    private async Task SignalRedisAsync(string signal)
    {
        _redisProcess ??= await RedisProcessAsync();
        using var kill = Process.Start("kill", [$"-{signal}", _redisProcess]);
        await kill.WaitForExitAsync();
    }

    private string? _redisProcess;

    private async Task<string> RedisProcessAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{await _system.App.GetConnectionStringAsync("redis")},allowAdmin=true");
        var info = await redis.GetServers()[0].InfoAsync("server");
        return info.SelectMany(section => section).Single(line => line.Key == "process_id").Value;
    }
}
