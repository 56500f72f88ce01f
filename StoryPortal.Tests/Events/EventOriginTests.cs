using System.Net;
using System.Text.Json.Nodes;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>Events of the system's own types are the system's, and every event says who wrote it.</summary>
[Collection(SharedSystem.Name)]
public sealed class EventOriginTests(SharedProduction production) : IClassFixture<SharedProduction>
{
    private readonly ProductionSystem _system = production.System;
    private readonly string _type = $"origin-{Guid.NewGuid():N}";

    [Theory]
    [InlineData("admin.create_api_key")]
    [InlineData("service.removed")]
    [InlineData("stream.end")]
    [InlineData("Admin.Create_api_key")]
    [InlineData(" service.removed")]
    public async Task A_type_of_the_systems_own_is_refused_on_every_way_in(string type)
    {
        var (_, writer) = await _system.CreateKeyAsync("forger", "read", "write");
        var before = await CountAsync();
        var forged = $$"""{"type": "{{type}}", "payload": {"forged": "{{_type}}"} }""";
        foreach (var key in (string[])[writer, GatewayProcess.AdminKey])
        {
            using var single = await _system.SendAsync(key, "POST", "/v1/events", forged);
            Assert.Equal(["type"], await single.ProblemAsync(HttpStatusCode.Forbidden));
            var problem = await single.Content.ReadAsStringAsync();
            Assert.All(["'admin.'", "'service.'", "'stream.'"], prefix => Assert.Contains(prefix, problem, StringComparison.Ordinal));

            using var array = await _system.SendAsync(key, "POST", "/v1/events/batch", $$"""[{"type": "{{_type}}"}, {{forged}}]""");
            Assert.Equal(["[1].type"], await array.ProblemAsync(HttpStatusCode.Forbidden));

            using var lines = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/events/batch", UriKind.Relative));
            lines.Content = Answers.Ndjson($$"""{"type": "{{_type}}"}""", forged);
            lines.Headers.Add("X-API-Key", key);
            using var ndjson = await _system.Gateway.Anonymous.SendAsync(lines);
            Assert.Equal(["line 2: type"], await ndjson.ProblemAsync(HttpStatusCode.Forbidden));

            var inner = $$"""[{"method": "POST", "path": "/v1/events", "body": {{forged}} }]""";
            using var batch = await _system.SendAsync(key, "POST", "/v1/batch", inner);
            Assert.Equal(403, (await batch.JsonAsync()).GetProperty("results")[0].GetProperty("status").GetInt32());
        }

        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task A_caller_cannot_set_the_origin_of_an_event()
    {
        using var forged = await _system.SendAsync(
            GatewayProcess.AdminKey, "POST", "/v1/events", $$"""{"type": "{{_type}}", "origin": "system"}""");
        var stored = JsonNode.Parse((await forged.JsonAsync(HttpStatusCode.Created)).GetRawText())!;
        Assert.Equal("client", (string?)stored["origin"]);
        using var read = await _system.SendAsync(GatewayProcess.AdminKey, "GET", $"/v1/events/{stored["id"]}");
        Assert.Equal("client", (await read.JsonAsync()).GetProperty("origin").GetString());

        stored["origin"] = "system";
        using var changed = await _system.SendAsync(GatewayProcess.AdminKey, "POST", "/v1/events", stored.ToJsonString());
        Assert.Equal(["origin"], await changed.ProblemAsync(HttpStatusCode.BadRequest));
        using var changedRow = await _system.SendAsync(GatewayProcess.AdminKey, "POST", "/v1/events/batch", $"[{stored.ToJsonString()}]");
        Assert.Equal(["[0].origin"], await changedRow.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Events_of_the_system_say_so_and_an_export_of_them_can_be_sent_back()
    {
        using var flushed = await _system.SendAsync(GatewayProcess.AdminKey, "POST", "/v1/admin/cache/flush");
        await flushed.JsonAsync();
        var instance = $"/v1/services/{_type}/instances/a";
        await _system.SendAsync(HttpStatusCode.Created, GatewayProcess.AdminKey, "PUT", instance, """{"url": "http://127.0.0.1:9/"}""");
        await _system.SendAsync(HttpStatusCode.NoContent, GatewayProcess.AdminKey, "DELETE", instance);
        foreach (var type in (string[])["admin.flush_cache", "service.registered", "service.removed"])
        {
            using var listed = await _system.SendAsync(GatewayProcess.AdminKey, "GET", $"/v1/events?type={type}&limit=1");
            var events = JsonNode.Parse((await listed.JsonAsync()).GetRawText())!.AsArray();
            Assert.Equal("system", (string?)events[0]!["origin"]);

            using var single = await _system.SendAsync(GatewayProcess.AdminKey, "POST", "/v1/events", events[0]!.ToJsonString());
            Assert.True(JsonNode.DeepEquals(events[0], JsonNode.Parse((await single.JsonAsync()).GetRawText())));
            using var batch = await _system.SendAsync(
                GatewayProcess.AdminKey, "POST", "/v1/events/batch", $$"""[{{events[0]!.ToJsonString()}}, {"type": "{{_type}}"}]""");
            Assert.Equal("""{"accepted":1,"duplicates":1}""", (await batch.JsonAsync()).GetRawText());

            events[0]!["id"] = Guid.NewGuid().ToString();
            using var other = await _system.SendAsync(GatewayProcess.AdminKey, "POST", "/v1/events", events[0]!.ToJsonString());
            Assert.Equal(["type"], await other.ProblemAsync(HttpStatusCode.Forbidden));
        }
    }

    private async Task<string> CountAsync() => (await _system.Database.TextsAsync(
        $"SELECT count(*) FROM mcp_documents.events WHERE type = '{_type}' OR payload->>'forged' = '{_type}'")).Single();
}
