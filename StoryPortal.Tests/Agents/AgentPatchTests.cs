using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Agents;

[Collection(SharedSystem.Name)]
public sealed class AgentPatchTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly string _type = $"agent-test-{Guid.NewGuid():N}";

    // The examples of RFC 7396, appendix A, whose target is an object.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public async Task Configuration_and_metadata_merge_by_rfc_7396(string target, string patch, string expected)
    {
        var agent = await CreateAsync($$"""{"name": "Ada", "type": "{{_type}}", "configuration": {{target}}, "metadata": {{target}} }""");
        using var response = await PatchAsync(agent, $$"""{"configuration": {{patch}}, "metadata": {{patch}} }""");

        var patched = await response.JsonAsync();
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), patched.GetProperty("configuration")), patched.GetRawText());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), patched.GetProperty("metadata")), patched.GetRawText());
    }

    [Fact]
    public async Task What_is_left_out_stays_and_a_patch_that_changes_nothing_is_no_change()
    {
        var agent = await CreateAsync($$"""{"name": "Ada", "type": "{{_type}}", "status": "idle", "configuration": {"a": 1} }""");
        using var changed = await PatchAsync(agent, """{"status": "busy"}""");
        var busy = await changed.JsonAsync();
        Assert.Equal(agent.GetRawText().Replace("idle", "busy", StringComparison.Ordinal), busy.GetRawText().Replace(Updated(busy), Updated(agent), StringComparison.Ordinal));
        Assert.True(string.CompareOrdinal(Updated(busy), Updated(agent)) > 0);

        using var same = await PatchAsync(agent, """{"name": "Ada", "status": "busy", "configuration": {"a": 1, "b": null} }""");
        Assert.Equal(busy.GetRawText(), (await same.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task Patches_at_the_same_time_all_count()
    {
        var agent = await CreateAsync($$"""{"name": "Ada", "type": "{{_type}}"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => PatchAsync(agent, $$"""{"metadata": {"key{{i}}": {{i}} } }""")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

        using var read = await _api.GetAsync(Address(agent.Id().ToString()));
        Assert.Equal(20, (await read.JsonAsync()).GetProperty("metadata").EnumerateObject().Count());
    }

    [Fact]
    public async Task Patches_at_the_same_time_make_no_document_that_is_too_large_to_post()
    {
        var agent = await CreateAsync($$"""{"name": "Ada", "type": "{{_type}}"}""");
        var text = new string('x', 100_000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            // Each waits for those before it, and on a busy machine for too long: then it is sent again, as a client does.
            HttpResponseMessage? answer = null;
            await Eventually.TrueAsync(async () =>
                (answer = await PatchAsync(agent, $$"""{"{{(i % 2 == 0 ? "metadata" : "configuration")}}": {"key{{i}}": "{{text}}"} }""")).StatusCode != HttpStatusCode.ServiceUnavailable);
            return answer!;
        }));
        Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
        {
            Assert.Equal(["body"], await refused.ProblemAsync(HttpStatusCode.UnprocessableEntity));
        }

        using var read = await _api.GetAsync(Address(agent.Id().ToString()));
        var stored = await read.JsonAsync();
        List<JsonProperty> keys = [.. stored.GetProperty("metadata").EnumerateObject(), .. stored.GetProperty("configuration").EnumerateObject()];
        Assert.Equal(10, keys.Count);

        // What makes it smaller is taken, and what fits then; another field was never in doubt.
        using var renamed = await PatchAsync(agent, """{"name": "Bo"}""");
        await renamed.JsonAsync();
        using var smaller = await PatchAsync(agent, $$"""{"metadata": {"{{stored.GetProperty("metadata").EnumerateObject().First().Name}}": null, "another": "{{text}}"} }""");
        await smaller.JsonAsync();
        using var none = await _api.PatchAsync(Address(Guid.NewGuid().ToString()), Answers.Json("""{"name": "Bo"}"""));
        await none.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("name", """{"name": ""}""")]
    [InlineData("name", """{"name": null}""")]
    [InlineData("type", """{"type": "a\u0000b"}""")]
    [InlineData("status", """{"status": "asleep"}""")]
    [InlineData("status", """{"status": null}""")]
    [InlineData("configuration", """{"configuration": [1]}""")]
    [InlineData("configuration", """{"configuration": null}""")]
    [InlineData("metadata", """{"metadata": null}""")]
    [InlineData("id", """{"id": "0189aaaa-0000-7000-8000-000000000000"}""")]
    [InlineData("body", "null")]
    public async Task A_bad_patch_is_refused_by_field_and_changes_nothing(string field, string patch)
    {
        var agent = await CreateAsync($$"""{"name": "Ada", "type": "{{_type}}", "metadata": {"a": 1} }""");
        using var response = await PatchAsync(agent, patch);
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.DoesNotContain("StoryPortal", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var read = await _api.GetAsync(Address(agent.Id().ToString()));
        Assert.Equal(agent.GetRawText(), (await read.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_deleted_agent_is_gone_and_its_events_stay()
    {
        var agent = await CreateAsync($$"""{"name": "Ada", "type": "{{_type}}"}""");
        using var posted = await _api.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json($$"""{"type": "{{_type}}", "agent_id": "{{agent.Id()}}"}"""));
        var stored = await posted.JsonAsync(HttpStatusCode.Created);

        using var deleted = await _api.DeleteAsync(Address(agent.Id().ToString()));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var again = await _api.DeleteAsync(Address(agent.Id().ToString()));
        await again.ProblemAsync(HttpStatusCode.NotFound);
        using var patched = await PatchAsync(agent, """{"name": "Bob"}""");
        await patched.ProblemAsync(HttpStatusCode.NotFound);

        using var events = await _api.GetAsync(new Uri($"/v1/events?agent_id={agent.Id()}", UriKind.Relative));
        Assert.Equal([stored.Id()], (await events.JsonAsync()).Ids());
    }

    private static string Updated(JsonElement agent) => agent.GetProperty("updated_at").GetString()!;

    private static Uri Address(string rest) => new($"/api/v1/agents/{rest}", UriKind.Relative);

    private Task<HttpResponseMessage> PatchAsync(JsonElement agent, string json) => _api.PatchAsync(Address(agent.Id().ToString()), Answers.Json(json));

    private async Task<JsonElement> CreateAsync(string json)
    {
        using var response = await _api.PostAsync(Address(""), Answers.Json(json));
        return await response.JsonAsync(HttpStatusCode.Created);
    }
}
