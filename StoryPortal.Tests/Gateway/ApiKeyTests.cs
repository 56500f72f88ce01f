using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>The life of a key.</summary>
[Collection(SharedSystem.Name)]
public sealed class ApiKeyTests(StoryPortalSystem system)
{
    private const string Keys = "/v1/admin/api-keys";

    [Fact]
    public async Task A_key_is_shown_once_and_stored_as_its_hash_alone()
    {
        var made = await MakeAsync("""{"name": "once", "scopes": ["read", "write"], "requests_per_minute": 1000}""");
        Assert.Equal("once", made.GetProperty("name").GetString());
        Assert.Equal(["read", "write"], made.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));
        var key = made.GetProperty("key").GetString()!;

        using var read = await system.Gateway.GetAsync(Address(made.Id()));
        Assert.False((await read.JsonAsync()).TryGetProperty("key", out _));
        using var list = await system.Gateway.GetAsync(new Uri($"{Keys}?limit=1000", UriKind.Relative));
        var listed = await list.JsonAsync();
        Assert.Contains(made.Id(), listed.Ids());
        Assert.DoesNotContain(key, listed.GetRawText(), StringComparison.Ordinal);

        await using var rows = system.Database.CreateCommand($"SELECT row_to_json(k)::text FROM mcp_documents.api_keys k WHERE id = '{made.Id()}'");
        var row = (string)(await rows.ExecuteScalarAsync())!;
        Assert.DoesNotContain(key, row, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key))), row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_opens_what_its_scopes_say_at_the_gateway_and_at_the_hub()
    {
        var reader = await KeyAsync("read");
        var writer = await KeyAsync("write");
        var admin = await KeyAsync("admin");
        foreach (var door in (HttpClient[])[system.Anonymous, system.Hub])
        {
            await IsAsync(HttpStatusCode.OK, door, HttpMethod.Get, "/v1/agents", reader);
            await IsAsync(HttpStatusCode.Forbidden, door, HttpMethod.Post, "/v1/agents", reader);
            await IsAsync(HttpStatusCode.Forbidden, door, HttpMethod.Get, Keys, reader);
            await IsAsync(HttpStatusCode.Forbidden, door, HttpMethod.Get, "/v1/agents", writer);
            await IsAsync(HttpStatusCode.UnsupportedMediaType, door, HttpMethod.Post, "/v1/agents", writer);
            await IsAsync(HttpStatusCode.Forbidden, door, HttpMethod.Get, Keys, writer);
            await IsAsync(HttpStatusCode.OK, door, HttpMethod.Get, "/v1/agents", admin);
            await IsAsync(HttpStatusCode.OK, door, HttpMethod.Get, Keys, admin);
        }
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_anywhere()
    {
        var made = await MakeAsync("""{"name": "brief", "scopes": ["read"]}""");
        var key = made.GetProperty("key").GetString()!;
        await IsAsync(HttpStatusCode.OK, system.Anonymous, HttpMethod.Get, "/v1/agents", key);

        using var revoked = await system.Gateway.DeleteAsync(Address(made.Id()));
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        await IsRefusedAsync(key);

        using var again = await system.Gateway.DeleteAsync(Address(made.Id()));
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using var rotated = await system.Gateway.PostAsync(Address(made.Id(), "/rotate"), null);
        await rotated.ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_rotated_key_gives_way_to_its_successor()
    {
        var made = await MakeAsync("""{"name": "turning", "scopes": ["read"]}""");
        var old = made.GetProperty("key").GetString()!;
        await IsAsync(HttpStatusCode.OK, system.Anonymous, HttpMethod.Get, "/v1/agents", old);

        using var response = await system.Gateway.PostAsync(Address(made.Id(), "/rotate"), null);
        var rotated = await response.JsonAsync();
        Assert.Equal(made.Id(), rotated.Id());
        await IsAsync(HttpStatusCode.OK, system.Anonymous, HttpMethod.Get, "/v1/agents", rotated.GetProperty("key").GetString()!);
        await IsRefusedAsync(old);
    }

    [Fact]
    public async Task A_key_ends_when_it_expires()
    {
        var expires = DateTimeOffset.UtcNow.AddSeconds(2).ToString("O");
        var made = await MakeAsync($$"""{"name": "short", "scopes": ["read"], "expires_at": "{{expires}}"}""");
        await IsRefusedAsync(made.GetProperty("key").GetString()!);

        using var rotated = await system.Gateway.PostAsync(Address(made.Id(), "/rotate"), null);
        await rotated.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Contains("expired", await rotated.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scopes", """{"name": "x"}""")]
    [InlineData("scopes", """{"name": "x", "scopes": []}""")]
    [InlineData("scopes[0]", """{"name": "x", "scopes": ["root"]}""")]
    [InlineData("name", """{"name": "", "scopes": ["read"]}""")]
    [InlineData("requests_per_minute", """{"name": "x", "scopes": ["read"], "requests_per_minute": 0}""")]
    [InlineData("expires_at", """{"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}""")]
    public async Task A_key_that_makes_no_sense_is_refused_by_field(string field, string json)
    {
        using var response = await system.Gateway.PostAsync(new Uri(Keys, UriKind.Relative), Answers.Json(json));
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_not_found()
    {
        using var response = await system.Gateway.DeleteAsync(Address(Guid.NewGuid()));
        await response.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Every_action_leaves_an_event_that_says_who_and_what()
    {
        var made = await MakeAsync("""{"name": "watched", "scopes": ["read"]}""");
        using var rotated = await system.Gateway.PostAsync(Address(made.Id(), "/rotate"), null);
        var second = (await rotated.JsonAsync()).GetProperty("key").GetString()!;
        using var revoked = await system.Gateway.DeleteAsync(Address(made.Id()));

        foreach (var action in (string[])["create_api_key", "rotate_api_key", "revoke_api_key"])
        {
            using var response = await system.Gateway.GetAsync(new Uri($"/v1/events?type=admin.{action}&limit=1000", UriKind.Relative));
            var events = await response.JsonAsync();
            var payload = events.EnumerateArray().Select(e => e.GetProperty("payload")).Single(payload => payload.GetProperty("subject").GetString() == made.Id().ToString());
            Assert.Equal("admin", payload.GetProperty("actor").GetString());
            Assert.DoesNotContain(second, events.GetRawText(), StringComparison.Ordinal);
        }
    }

    private async Task<JsonElement> MakeAsync(string json)
    {
        using var response = await system.Gateway.PostAsync(new Uri(Keys, UriKind.Relative), Answers.Json(json));
        return await response.JsonAsync(HttpStatusCode.Created);
    }

    private async Task<string> KeyAsync(string scope) => (await MakeAsync($$"""{"name": "{{scope}}", "scopes": ["{{scope}}"]}""")).GetProperty("key").GetString()!;

    private static async Task IsAsync(HttpStatusCode expected, HttpClient door, HttpMethod method, string path, string key)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("X-API-Key", key);
        using var response = await door.SendAsync(request);
        Assert.True(expected == response.StatusCode, $"{method} {path} at {door.BaseAddress}: {response.StatusCode}, expected {expected}");
    }

    private async Task IsRefusedAsync(string key)
    {
        foreach (var door in (HttpClient[])[system.Anonymous, system.Hub])
        {
            await Eventually.TrueAsync(async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/agents", UriKind.Relative));
                request.Headers.Add("X-API-Key", key);
                using var response = await door.SendAsync(request);
                return response.StatusCode == HttpStatusCode.Unauthorized;
            });
        }
    }

    private static Uri Address(Guid id, string rest = "") => new($"{Keys}/{id}{rest}", UriKind.Relative);
}
