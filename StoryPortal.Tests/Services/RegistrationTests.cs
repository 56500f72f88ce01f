using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>How instances come, stay and go over the API.</summary>
[Collection(SharedSystem.Name)]
public sealed class RegistrationTests(StoryPortalSystem system) : IAsyncLifetime
{
    private const string Registration = """{"url": "http://127.0.0.1:9/", "version": "1.2", "layer": "L77", "description": "Sells", "tags": ["till", "till"], "metadata": {"keywords": ["cash"]}}""";

    private readonly string _service = $"shop-{Guid.NewGuid():N}";

    public static TheoryData<string, string> BadRegistrations => new()
    {
        { "url", "{}" },
        { "url", """{"url": "ftp://a.example"}""" },
        { "url", """{"url": "/relative"}""" },
        { "url", """{"url": "http://user:secret@a.example"}""" },
        { "url", """{"url": "http://a.example "}""" },
        { "url", """{"url": " http://a.example"}""" },
        { "url", """{"url": "http://a.example/\t"}""" },
        { "url", """{"url": "http://a.example/a b"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://127.0.0.1:9/\u00a0"}""" },
        { "lease_seconds", """{"url": "http://a.example", "lease_seconds": 0}""" },
        { "lease_seconds", """{"url": "http://a.example", "lease_seconds": 31536000}""" },
        { "lease_seconds", """{"url": "http://a.example", "lease_seconds": "long"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "file:///etc/passwd"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://169.254.169.254/latest/meta-data"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://2852039166/"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://[::ffff:169.254.169.254]/"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://0.0.0.0:8012/"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://[64:ff9b:1::a9fe:a9fe]/"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://[::ffff:0:a9fe:a9fe]/"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": "http://[2001:0:a9fe:a9fe::1]/"}""" },
        { "health_url", """{"url": "http://a.example", "health_url": ""}""" },
        { "tags[1]", """{"url": "http://a.example", "tags": ["a", ""]}""" },
        { "tags[0]", """{"url": "http://a.example", "tags": [" a"]}""" },
        { "tags[0]", """{"url": "http://a.example", "tags": ["a\nb"]}""" },
        { "tags[0]", $$"""{"url": "http://a.example", "tags": ["{{new string('x', 101)}}"]}""" },
        { "tags", $$"""{"url": "http://a.example", "tags": [{{string.Join(", ", Enumerable.Repeat("\"a\"", 51))}}]}""" },
        { "metadata", """{"url": "http://a.example", "metadata": []}""" },
        { "metadata", $$"""{"url": "http://a.example", "metadata": {"k": "{{new string('x', 5000)}}"} }""" },
        { "metadata", """{"url": "http://a.example", "metadata": {"k": "\u0000"} }""" },
        { "status", """{"url": "http://a.example", "status": "asleep"}""" },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await using var delete = system.Database.CreateCommand($"DELETE FROM mcp_documents.services WHERE name = '{_service}'");
        await delete.ExecuteNonQueryAsync();
        using var flushed = await system.Gateway.PostAsync(Relative("/v1/admin/cache/flush"), null);
        await flushed.JsonAsync();
    }

    [Fact]
    public async Task An_instance_registers_lives_and_leaves_and_its_service_with_it()
    {
        using var created = await PutAsync("a", Registration);
        var instance = await created.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/v1/services/{_service}", created.Headers.Location?.ToString());
        Assert.Equal(("a", "passing", 30), (instance.GetProperty("id").GetString(), instance.GetProperty("status").GetString(), instance.GetProperty("lease_seconds").GetInt32()));

        using var again = await PutAsync("a", Registration);
        Assert.Equal(instance.GetRawText(), (await again.JsonAsync()).GetRawText());
        using var second = await PutAsync("b", Registration);
        await second.JsonAsync(HttpStatusCode.Created);

        var service = await ServiceAsync(system.Gateway);
        Assert.Equal(["till"], service.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal(["a", "b"], service.GetProperty("instances").EnumerateArray().Select(one => one.GetProperty("id").GetString()));

        using var alive = await system.Gateway.PostAsync(Relative($"{Instance("a")}/heartbeat"), null);
        Assert.Equal(HttpStatusCode.NoContent, alive.StatusCode);
        Assert.False(alive.Headers.Contains("X-Changes"));
        foreach (var id in (string[])["a", "b"])
        {
            using var left = await system.Gateway.DeleteAsync(Relative(Instance(id)));
            Assert.Equal(HttpStatusCode.NoContent, left.StatusCode);
        }

        using var gone = await system.Gateway.GetAsync(Relative($"/v1/services/{_service}"));
        await gone.ProblemAsync(HttpStatusCode.NotFound);
        using var leftAgain = await system.Gateway.DeleteAsync(Relative(Instance("a")));
        await leftAgain.ProblemAsync(HttpStatusCode.NotFound);
        using var unknown = await system.Gateway.PostAsync(Relative($"{Instance("a")}/heartbeat"), null);
        Assert.Contains("Register it again", (await unknown.JsonAsync(HttpStatusCode.NotFound)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_registration_leaves_out_stays_as_another_instance_has_said_it()
    {
        using var first = await PutAsync("a", Registration);
        await first.JsonAsync(HttpStatusCode.Created);
        using var second = await PutAsync("b", """{"url": "http://127.0.0.1:9/", "description": "Sells more"}""");
        Assert.Equal(JsonValueKind.Null, (await second.JsonAsync(HttpStatusCode.Created)).GetProperty("version").ValueKind);
        var service = await ServiceAsync(system.Hub);
        Assert.Equal(("1.2", "L77", "Sells more", 1), (
            service.GetProperty("version").GetString(), service.GetProperty("layer").GetString(), service.GetProperty("description").GetString(), service.GetProperty("tags").GetArrayLength()));

        using var none = await PutAsync("b", """{"url": "http://127.0.0.1:9/", "tags": []}""");
        await none.JsonAsync();
        service = await ServiceAsync(system.Hub);
        Assert.Equal(("Sells more", 0), (service.GetProperty("description").GetString(), service.GetProperty("tags").GetArrayLength()));
    }

    [Fact]
    public async Task Signs_of_life_move_neither_index_nor_etag_nor_any_cache()
    {
        using var created = await PutAsync("a", Registration);
        await created.JsonAsync(HttpStatusCode.Created);
        await Eventually.TrueAsync(async () => (await ReadAsync(system.Gateway, "/v1/services?layer=L77")).Source == "HIT");
        await Eventually.TrueAsync(async () => (await ReadAsync(system.Hub, $"/v1/services/{_service}")).Source == "HIT");
        var (tag, listTag, index) = (
            (await ReadAsync(system.Hub, $"/v1/services/{_service}")).Tag, (await ReadAsync(system.Gateway, "/v1/services?layer=L77")).Tag, await IndexAsync());

        for (var i = 0; i < 3; i++)
        {
            using var alive = await system.Gateway.PostAsync(Relative($"{Instance("a")}/heartbeat"), null);
            Assert.Equal(HttpStatusCode.NoContent, alive.StatusCode);
            using var again = await PutAsync("a", Registration);
            await again.JsonAsync();
            Assert.Equal((tag, "HIT"), await ReadAsync(system.Hub, $"/v1/services/{_service}"));
            Assert.Equal((listTag, "HIT"), await ReadAsync(system.Gateway, "/v1/services?layer=L77"));
        }

        Assert.Equal(index, await IndexAsync());
        using var changed = await PutAsync("a", Registration.Replace("1.2", "1.3", StringComparison.Ordinal));
        await changed.JsonAsync();
        Assert.NotEqual(tag, (await ReadAsync(system.Hub, $"/v1/services/{_service}")).Tag);
        Assert.NotEqual(listTag, (await ReadAsync(system.Gateway, "/v1/services?layer=L77")).Tag);
        Assert.Equal(index + 1, await IndexAsync());
    }

    [Fact]
    public async Task What_happens_is_told_as_events_with_who_did_it()
    {
        using var created = await PutAsync("a", Registration);
        await created.JsonAsync(HttpStatusCode.Created);
        using var left = await system.Gateway.DeleteAsync(Relative(Instance("a")));
        using var registered = await system.Gateway.GetAsync(Relative("/v1/events?type=service.registered&limit=1000"));
        var told = (await registered.JsonAsync()).EnumerateArray().Select(e => e.GetProperty("payload")).Single(payload => payload.GetProperty("service").GetString() == _service);
        Assert.Equal("a", told.GetProperty("instance").GetString());
        Assert.False(string.IsNullOrEmpty(told.GetProperty("actor").GetString()));
        using var removed = await system.Gateway.GetAsync(Relative("/v1/events?type=service.removed&limit=1000"));
        Assert.Single((await removed.JsonAsync()).EnumerateArray(), e => e.GetProperty("payload").GetProperty("service").GetString() == _service);
    }

    [Fact]
    public async Task An_instance_that_is_heard_of_no_more_turns_critical_and_its_service_with_it()
    {
        using var mortal = await PutAsync("a", Registration.Replace("}}", "}, \"lease_seconds\": 1}", StringComparison.Ordinal));
        await mortal.JsonAsync(HttpStatusCode.Created);
        await Eventually.TrueAsync(async () => (await ServiceAsync(system.Hub)).GetProperty("status").GetString() == "critical");
        using var listed = await system.Hub.GetAsync(Relative("/v1/services?status=critical&layer=L77&tag=till&version=1.2"));
        Assert.Single((await listed.JsonAsync()).EnumerateArray(), service => service.GetProperty("name").GetString() == _service);

        using var other = await PutAsync("b", Registration);
        Assert.Equal("warning", (await ServiceAsync(system.Hub)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Five_thousand_instances_of_a_service_are_listed_with_it()
    {
        using var created = await PutAsync("first", Registration);
        await created.JsonAsync(HttpStatusCode.Created);
        await using var insert = system.Database.CreateCommand($"""
            INSERT INTO mcp_documents.service_instances (service_name, id, url, lease_seconds)
            SELECT '{_service}', 'i' || n, 'http://127.0.0.1:9/', 3600 FROM generate_series(1, 4999) n
            """);
        await insert.ExecuteNonQueryAsync();
        using var last = await PutAsync("last", Registration);
        await last.JsonAsync(HttpStatusCode.Created);

        Assert.Equal(5001, (await ServiceAsync(system.Gateway)).GetProperty("instances").GetArrayLength());
        using var watched = await system.Gateway.GetAsync(Relative("/v1/services/watch?index=0&layer=L77"));
        Assert.Equal(5001, (await watched.JsonAsync()).GetProperty("services")[0].GetProperty("instances").GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(BadRegistrations))]
    public async Task A_bad_registration_is_refused_by_field(string field, string json)
    {
        using var response = await PutAsync("a", json);
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
        using var service = await system.Hub.GetAsync(Relative($"/v1/services/{_service}"));
        await service.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("name", "/v1/services/sh%20op/instances/a")]
    [InlineData("name", "/v1/services/watch/instances/a")]
    [InlineData("id", "/v1/services/shop/instances/%C3%A4")]
    public async Task A_bad_name_is_refused(string field, string address)
    {
        using var put = await system.Gateway.PutAsync(Relative(address), Answers.Json(Registration));
        Assert.Equal([field], await put.ProblemAsync(HttpStatusCode.BadRequest));
        using var alive = await system.Gateway.PostAsync(Relative($"{address}/heartbeat"), null);
        Assert.Equal([field], await alive.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Registering_takes_a_key_that_may_write()
    {
        using var anonymous = await system.Anonymous.PutAsync(Relative(Instance("a")), Answers.Json(Registration));
        await anonymous.ProblemAsync(HttpStatusCode.Unauthorized);
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private string Instance(string id) => $"/v1/services/{_service}/instances/{id}";

    private Task<HttpResponseMessage> PutAsync(string id, string json) => system.Gateway.PutAsync(Relative(Instance(id)), Answers.Json(json));

    private async Task<JsonElement> ServiceAsync(HttpClient client)
    {
        using var response = await client.GetAsync(Relative($"/v1/services/{_service}"));
        return await response.JsonAsync();
    }

    private async Task<long> IndexAsync()
    {
        using var response = await system.Hub.GetAsync(Relative("/v1/services/watch?wait=0"));
        return (await response.JsonAsync()).GetProperty("index").GetInt64();
    }

    private static async Task<(string? Tag, string Source)> ReadAsync(HttpClient client, string address)
    {
        using var response = await client.GetAsync(Relative(address));
        await response.JsonAsync();
        return (response.Headers.ETag?.Tag, response.Headers.GetValues("X-Cache").Single());
    }
}
