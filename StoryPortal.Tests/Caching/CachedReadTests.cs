using System.Net;
using System.Text.Json;
using Aspire.Hosting.Testing;
using StackExchange.Redis;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>What a caller sees of the cache.</summary>
[Collection(SharedSystem.Name)]
public sealed class CachedReadTests(StoryPortalSystem system)
{
    private readonly HttpClient _hub = system.CreateHubClient();
    private readonly string _type = $"cache-test-{Guid.NewGuid():N}";

    [Theory]
    [InlineData("/v1/agents")]
    [InlineData("/v1/sessions")]
    public async Task A_second_read_is_a_hit_and_a_change_is_read_at_once_in_lists_too(string path)
    {
        using var created = await _hub.PostAsync(Relative(path), Body($$"""{"name": "Ada", "type": "{{_type}}"}""", path));
        var id = (await created.JsonAsync(HttpStatusCode.Created)).Id();
        var one = $"{path}/{id}";
        var list = $"{path}?limit=3";

        var (first, source) = await ReadAsync(one);
        Assert.Equal("MISS", source);
        Assert.Contains(id, (await ReadAsync(list)).Json.Ids());
        await Eventually.TrueAsync(async () => await ReadAsync(one) is (_, "HIT") && await ReadAsync(list) is (_, "HIT"));
        Assert.Equal(first.GetRawText(), (await ReadAsync(one)).Json.GetRawText());

        using var patched = await _hub.PatchAsync(Relative(one), Answers.Json("""{"type": "changed"}"""));
        var changed = await patched.JsonAsync();
        Assert.Equal(changed.GetRawText(), (await ReadAsync(one)).Json.GetRawText());
        Assert.Equal(changed.GetRawText(), (await ReadAsync(list)).Json.EnumerateArray().First(row => row.Id() == id).GetRawText());
    }

    [Fact]
    public async Task A_hit_that_the_caller_has_already_is_not_sent_again()
    {
        var address = await CreateAsync();
        await ReadAsync(address);
        using var known = await _hub.GetAsync(Relative(address));
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.IfNoneMatch.Add(known.Headers.ETag!);

        using var again = await _hub.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(known.Headers.ETag, again.Headers.ETag);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_deleted_agent_is_gone_at_once_and_one_that_was_not_there_is_found_once_it_is()
    {
        var id = Guid.NewGuid();
        var address = $"/v1/agents/{id}";
        using var missing = await _hub.GetAsync(Relative(address));
        await missing.ProblemAsync(HttpStatusCode.NotFound);

        using var put = await _hub.PutAsync(Relative(address), Answers.Json($$"""{"name": "Ada", "type": "{{_type}}"}"""));
        await put.JsonAsync(HttpStatusCode.Created);
        await ReadAsync(address);

        using var deleted = await _hub.DeleteAsync(Relative(address));
        Assert.True(deleted.IsSuccessStatusCode);
        using var gone = await _hub.GetAsync(Relative(address));
        await gone.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_sign_of_life_changes_nothing_that_is_cached_and_a_change_of_the_registry_does()
    {
        var service = Relative($"/v1/services/{_type}");
        await RegisterAsync("http://127.0.0.1:1");
        await Eventually.TrueAsync(async () => await ReadAsync(service.OriginalString) is (_, "HIT"));

        await RegisterAsync("http://127.0.0.1:1");
        var (_, source) = await ReadAsync(service.OriginalString);
        Assert.Equal("HIT", source);

        await RegisterAsync("http://127.0.0.1:2");
        Assert.Equal("http://127.0.0.1:2", (await ReadAsync(service.OriginalString)).Json.GetProperty("instances")[0].GetProperty("url").GetString());
        await RemoveServiceAsync();
    }

    [Fact]
    public async Task A_cached_service_does_not_stay_passing_when_its_instance_has_died()
    {
        await RegisterAsync("http://127.0.0.1:1", leaseSeconds: 3);
        Assert.Equal("passing", (await ReadAsync($"/v1/services/{_type}")).Json.GetProperty("status").GetString());

        await Eventually.TrueAsync(async () => (await ReadAsync($"/v1/services/{_type}")).Json.GetProperty("status").GetString() == "critical");
        await RegisterAsync("http://127.0.0.1:1", leaseSeconds: 3600); // it lives again
        Assert.Equal("passing", (await ReadAsync($"/v1/services/{_type}")).Json.GetProperty("status").GetString());
        await RemoveServiceAsync();
    }

    [Fact]
    public async Task Every_key_of_ours_begins_alike_and_will_be_forgotten()
    {
        await ReadAsync(await CreateAsync());
        await ReadAsync("/v1/agents");
        await ReadAsync("/v1/services");
        await using var redis = await ConnectAsync();
        var server = redis.GetServers()[0];
        await Eventually.TrueAsync(() => Task.FromResult(server.Keys().Any(key => key.ToString().Contains("agent_metadata", StringComparison.Ordinal))));

        foreach (var key in server.Keys())
        {
            Assert.StartsWith("sp_v2:", key.ToString(), StringComparison.Ordinal);
            var life = await redis.GetDatabase().ExecuteAsync("PTTL", key);
            Assert.True((long)life is > 0 or -2, $"{key} has no end."); // -2: it has just been forgotten
        }
    }

    [Fact]
    public async Task An_answer_stays_in_redis_for_its_tier_and_as_long_as_it_may_be_served_stale()
    {
        var address = await CreateAsync();
        await ReadAsync(address);
        await using var redis = await ConnectAsync();
        RedisKey key = $"sp_v2:agent_metadata:{address.Split('/')[^1]}";
        await Eventually.TrueAsync(() => redis.GetDatabase().KeyExistsAsync(key));
        var life = await redis.GetDatabase().KeyTimeToLiveAsync(key);
        Assert.InRange(life!.Value, TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(300 + 3600));
    }

    [Fact]
    public async Task The_running_redis_is_bounded_and_evicts_what_was_not_used_for_longest()
    {
        await using var redis = await ConnectAsync();
        var server = redis.GetServers()[0];
        Assert.Equal("536870912", Assert.Single(await server.ConfigGetAsync("maxmemory")).Value);
        Assert.Equal("allkeys-lru", Assert.Single(await server.ConfigGetAsync("maxmemory-policy")).Value);
    }

    [Fact]
    public async Task Hits_of_each_level_and_misses_are_counted_by_tier()
    {
        var address = await CreateAsync();
        await ReadAsync(address);
        await Eventually.TrueAsync(async () => await ReadAsync(address) is (_, "HIT"));
        await Eventually.TrueAsync(async () =>
        {
            using var metrics = await _hub.GetAsync(Relative("/metrics"));
            var text = await metrics.Content.ReadAsStringAsync();
            return Has(text, "cache_hits_total{", "cache_type=\"agent_metadata\"", "level=\"l1\"") && Has(text, "cache_misses_total{", "cache_type=\"agent_metadata\"");
        });

        static bool Has(string text, params string[] parts) => text.Split('\n').Any(line => parts.All(part => line.Contains(part, StringComparison.Ordinal)));
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private static StringContent Body(string agent, string path) =>
        Answers.Json(path == "/v1/agents" ? agent : agent.Replace("\"name\": \"Ada\", ", "", StringComparison.Ordinal));

    private async Task<string> CreateAsync()
    {
        using var created = await _hub.PostAsync(Relative("/v1/agents"), Answers.Json($$"""{"name": "Ada", "type": "{{_type}}"}"""));
        return $"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}";
    }

    private async Task<(JsonElement Json, string Source)> ReadAsync(string address)
    {
        using var response = await _hub.GetAsync(Relative(address));
        return (await response.JsonAsync(), response.Headers.GetValues("X-Cache").Single());
    }

    private async Task RegisterAsync(string url, int leaseSeconds = 3600)
    {
        using var registered = await system.Internal.PutAsync(
            Relative($"/internal/services/{_type}/instances/one"), Answers.Json($$"""{"url": "{{url}}", "lease_seconds": {{leaseSeconds}}}"""));
        Assert.Equal(HttpStatusCode.NoContent, registered.StatusCode);
    }

    private async Task RemoveServiceAsync()
    {
        await using var remove = system.Database.CreateCommand($"DELETE FROM mcp_documents.services WHERE name = '{_type}'");
        await remove.ExecuteNonQueryAsync();
        using var flushed = await system.Gateway.PostAsync(Relative("/v1/admin/cache/flush"), null);
        await flushed.JsonAsync();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync() =>
        await ConnectionMultiplexer.ConnectAsync($"{await system.App.GetConnectionStringAsync("redis")},allowAdmin=true");
}
