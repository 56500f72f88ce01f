using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using StackExchange.Redis;
using StoryPortal.Tests.Faults;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>Two hubs behind the gateway, and what may happen to Redis and Postgres below them.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class TwoHubTests(TwoHubs two)
{
    private readonly StoryPortalSystem _system = two.System;
    private readonly HttpClient[] _hubs = two.Hubs;
    private readonly string _type = $"two-hubs-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_write_through_the_gateway_is_read_at_once_whichever_hub_answers()
    {
        await SharedAsync();
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
    public async Task Redis_may_go_be_paused_come_back_empty_and_be_full()
    {
        await SharedAsync();
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

        await using var redis = await ConnectToRedisAsync();
        var server = redis.GetServers()[0];
        await server.ConfigSetAsync("maxmemory-policy", "noeviction");
        await server.ConfigSetAsync("maxmemory", "1");
        for (var i = 0; i < 10; i++)
        {
            using var patched = await _hubs[i % 2].PatchAsync(Relative(address), Answers.Json($$"""{"name": "full {{i}}"}"""));
            await patched.JsonAsync();
            await ReadEverywhereAsync(address, $"full {i}"); // it takes nothing, and carries messages all the same
        }

        await server.ConfigSetAsync("maxmemory", "512mb");
        await server.ConfigSetAsync("maxmemory-policy", "allkeys-lru");
        await SharedAsync();
        await ReadEverywhereAsync(address, "full 9");
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("frozen")]
    public async Task Without_postgres_what_is_cached_is_served_and_marked_every_time_and_everything_else_is_told_when_to_come_again(string postgres)
    {
        await SharedAsync();
        using var created = await _system.Gateway.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "cached", "type": "{{_type}}"}"""));
        var address = $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
        string[] cached = [address, $"/v1/agents?type={_type}"];
        HttpClient[] readers = [.. _hubs, _system.Gateway];
        foreach (var reader in readers)
        {
            foreach (var path in cached)
            {
                await Eventually.TrueAsync(async () => await SourceAsync(reader, path) == "HIT");
            }
        }

        foreach (var reader in readers)
        {
            await Eventually.TrueAsync(async () => await SourceAsync(reader, "/v1/services") == "HIT");
        }

        var processes = await _system.PostgresAsync();
        await (postgres == "stopped" ? _system.RunAsync("postgres", KnownResourceCommands.StopCommand) : Signals.SendAsync("STOP", processes));
        try
        {
            foreach (var hub in _hubs)
            {
                await Eventually.TrueAsync(async () => await SourceAsync(hub, address) == "STALE");
            }

            foreach (var path in cached)
            {
                foreach (var reader in readers)
                {
                    for (var i = 0; i < 10; i++)
                    {
                        Assert.Equal("STALE", await SourceAsync(reader, path));
                    }
                }
            }

            foreach (var reader in readers)
            {
                using var refused = await reader.GetAsync(Relative($"/v1/agents/{Guid.NewGuid()}"));
                await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
                Assert.NotNull(refused.Headers.RetryAfter?.Delta);
            }

            // A write that fails evicts what the gateways have cached: whether it is still true, nobody can tell.
            using var write = await _hubs[0].PutAsync(
                Relative($"/v1/services/{_type}/instances/a"), Answers.Json("""{"url": "http://127.0.0.1:9/"}"""));
            await write.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            await Eventually.TrueAsync(async () => await SourceAsync(_system.Gateway, "/v1/services") == "STALE");
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal("STALE", await SourceAsync(_system.Gateway, "/v1/services"));
            }

            // An action that could not be told of is not done either.
            using var flush = await _system.Gateway.PostAsync(Relative("/v1/admin/cache/flush"), null);
            await flush.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Equal("STALE", await SourceAsync(_system.Gateway, address));
        }
        finally
        {
            await (postgres == "stopped" ? _system.RunAsync("postgres", KnownResourceCommands.StartCommand) : Signals.SendAsync("CONT", processes));
            await _system.DatabaseAnswersAsync();
        }

        await Eventually.TrueAsync(async () => await SourceAsync(_hubs[0], address) == "HIT" && await SourceAsync(_hubs[1], address) == "HIT");
    }

    [Fact]
    public async Task What_a_batch_registers_the_gateway_lists_at_once_and_a_batch_that_reads_ends_nothing()
    {
        await SharedAsync();
        await ListsWhatBatchesRegisterAsync();
        await Eventually.TrueAsync(async () => await SourceAsync(_system.Gateway, "/v1/services") == "HIT");
        using (var read = await _system.Gateway.PostAsync(Relative("/v1/batch"), Answers.Json("""[{"path": "/v1/services?limit=1"}]""")))
        {
            Assert.False(read.Headers.Contains("X-Changes"));
            Assert.DoesNotContain("X-Changes", (await read.JsonAsync()).GetRawText(), StringComparison.Ordinal);
        }

        Assert.Equal("HIT", await SourceAsync(_system.Gateway, "/v1/services"));

        async Task ListsWhatBatchesRegisterAsync()
        {
            for (var i = 0; i < 5; i++)
            {
                var name = $"batched-{Guid.NewGuid():N}";
                var instance = $"/v1/services/{name}/instances/a";
                await SourceAsync(_system.Gateway, "/v1/services");
                Assert.True(await ListsAfterAsync($$"""[{"method": "PUT", "path": "{{instance}}", "body": {"url": "http://127.0.0.1:9/"} }]""", name));
                Assert.False(await ListsAfterAsync($$"""[{"method": "DELETE", "path": "{{instance}}"}]""", name));
            }
        }

        async Task<bool> ListsAfterAsync(string batch, string name)
        {
            using var done = await _system.Gateway.PostAsync(Relative("/v1/batch"), Answers.Json(batch));
            Assert.InRange((await done.JsonAsync()).GetProperty("results")[0].GetProperty("status").GetInt32(), 200, 299);
            using var list = await _system.Gateway.GetAsync(Relative("/v1/services"));
            return (await list.JsonAsync()).EnumerateArray().Any(service => service.GetProperty("name").GetString() == name);
        }
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

    private Task SignalRedisAsync(string signal) => Signals.SendAsync(signal, _system.Redis());

    private async Task<ConnectionMultiplexer> ConnectToRedisAsync() =>
        await ConnectionMultiplexer.ConnectAsync($"{await _system.App.GetConnectionStringAsync("redis")},allowAdmin=true");
}
