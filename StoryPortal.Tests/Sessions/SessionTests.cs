using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Sessions;

[Collection(SharedSystem.Name)]
public sealed class SessionTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly Guid _agent = Guid.NewGuid();

    [Fact]
    public async Task A_new_session_is_active_and_answered_with_where_to_find_it()
    {
        var id = Guid.NewGuid();
        using var response = await PostAsync("", $$"""{"id": "{{id}}", "type": "chat", "agent_id": "{{_agent}}", "user_id": "u-1", "context": {"topic": "ships"} }""");
        var session = await response.JsonAsync(HttpStatusCode.Created);

        Assert.Equal($"/v1/sessions/{id}", response.Headers.Location?.OriginalString);
        Assert.True(session.GetProperty("is_active").GetBoolean());
        Assert.Equal(JsonValueKind.Null, session.GetProperty("ended_at").ValueKind);
        using var read = await _api.GetAsync(response.Headers.Location);
        Assert.True(JsonElement.DeepEquals(session, await read.JsonAsync()));

        using var again = await PostAsync("", $$"""{"id": "{{id}}", "type": "chat"}""");
        await again.ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_session_ends_once()
    {
        var session = await CreateAsync();
        using var first = await PostAsync($"/{session.Id()}/end", null);
        var ended = await first.JsonAsync();
        Assert.False(ended.GetProperty("is_active").GetBoolean());
        Assert.Equal(ended.GetProperty("updated_at").GetString(), ended.GetProperty("ended_at").GetString());

        using var second = await PostAsync($"/{session.Id()}/end", null);
        Assert.Equal(ended.GetRawText(), (await second.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_merges_the_context()
    {
        var session = await CreateAsync("""{"a": 1, "b": {"c": 2, "d": 3} }""");
        using var response = await PatchAsync(session, """{"user_id": "u-2", "context": {"a": null, "b": {"c": 4} } }""");
        var patched = await response.JsonAsync();
        Assert.Equal("u-2", patched.GetProperty("user_id").GetString());
        Assert.Equal("chat", patched.GetProperty("type").GetString());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""{"b": {"c": 4, "d": 3} }"""), patched.GetProperty("context")));

        using var same = await PatchAsync(session, """{"user_id": "u-2", "context": {} }""");
        Assert.Equal(patched.GetRawText(), (await same.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_session_has_an_end_exactly_while_it_is_not_active()
    {
        var session = await CreateAsync();
        using var ended = await PatchAsync(session, """{"is_active": false}""");
        Assert.Equal(JsonValueKind.String, (await ended.JsonAsync()).GetProperty("ended_at").ValueKind);
        using var resumed = await PatchAsync(session, """{"is_active": true}""");
        Assert.Equal(JsonValueKind.Null, (await resumed.JsonAsync()).GetProperty("ended_at").ValueKind);
    }

    [Fact]
    public async Task A_list_is_filtered_newest_first_and_paged_without_gaps_or_repeats()
    {
        var sessions = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            sessions.Insert(0, (await CreateAsync()).Id());
        }

        using var end = await PostAsync($"/{sessions[1]}/end", null);
        await end.JsonAsync();

        var pages = await _api.PagesAsync($"/v1/sessions?agent_id={_agent}&limit=2");
        Assert.Equal([2, 2, 1], pages.Select(page => page.GetArrayLength()));
        Assert.Equal(sessions, pages.SelectMany(page => page.Ids()));
        Assert.Equal([sessions[0], sessions[2], sessions[3], sessions[4]], (await ListAsync("&active=true")).Ids());
        Assert.Equal([sessions[1]], (await ListAsync("&active=false")).Ids());
    }

    [Theory]
    [InlineData("type", """{"user_id": "u"}""")]
    [InlineData("user_id", """{"type": "chat", "user_id": ""}""")]
    [InlineData("agent_id", """{"type": "chat", "agent_id": "nobody"}""")]
    [InlineData("context", """{"type": "chat", "context": []}""")]
    [InlineData("is_active", """{"type": "chat", "is_active": false}""")]
    public async Task A_bad_session_is_refused_by_field(string field, string json)
    {
        using var response = await PostAsync("", json);
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("type", """{"type": " "}""")]
    [InlineData("user_id", """{"user_id": null}""")]
    [InlineData("is_active", """{"is_active": "no"}""")]
    [InlineData("context", """{"context": 1}""")]
    [InlineData("ended_at", """{"ended_at": "2026-01-01T00:00:00Z"}""")]
    public async Task A_bad_patch_is_refused_by_field(string field, string json)
    {
        using var response = await PatchAsync(await CreateAsync(), json);
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_session_that_is_not_there_is_neither_changed_nor_ended()
    {
        using var ended = await PostAsync($"/{Guid.NewGuid()}/end", null);
        await ended.ProblemAsync(HttpStatusCode.NotFound);
        using var patched = await _api.PatchAsync(new Uri($"/v1/sessions/{Guid.NewGuid()}", UriKind.Relative), Answers.Json("{}"));
        await patched.ProblemAsync(HttpStatusCode.NotFound);
    }

    private Task<HttpResponseMessage> PostAsync(string rest, string? json) =>
        _api.PostAsync(new Uri($"/api/v1/sessions{rest}", UriKind.Relative), json is null ? null : Answers.Json(json));

    [Fact]
    public async Task A_context_that_is_too_large_to_post_can_be_made_smaller_and_not_larger()
    {
        var session = await CreateAsync();
        await using (var grown = system.Database.CreateCommand("""
            UPDATE mcp_documents.sessions SET context = jsonb_build_object('a', repeat('x', 2000000), 'b', repeat('x', 1000000)) WHERE id = $1
            """))
        {
            grown.Parameters.Add(new() { Value = session.Id() });
            await grown.ExecuteNonQueryAsync();
        }

        using var larger = await PatchAsync(session, """{"context": {"c": 1} }""");
        Assert.Equal(["body"], await larger.ProblemAsync(HttpStatusCode.UnprocessableEntity));
        using var smaller = await PatchAsync(session, """{"context": {"b": null, "c": 1} }""");
        Assert.Equal(["a", "c"], (await smaller.JsonAsync()).GetProperty("context").EnumerateObject().Select(member => member.Name));
        using var ended = await PatchAsync(session, """{"is_active": false}""");
        Assert.False((await ended.JsonAsync()).GetProperty("is_active").GetBoolean());
        using var small = await PatchAsync(session, """{"context": {"a": null} }""");
        using var fits = await PatchAsync(session, $$"""{"context": {"a": "{{new string('x', 1_000_000)}}"} }""");
        await fits.JsonAsync();
        using var not = await PatchAsync(session, $$"""{"context": {"b": "{{new string('x', 100_000)}}"} }""");
        await not.ProblemAsync(HttpStatusCode.UnprocessableEntity);
    }

    private Task<HttpResponseMessage> PatchAsync(JsonElement session, string json) =>
        _api.PatchAsync(new Uri($"/v1/sessions/{session.Id()}", UriKind.Relative), Answers.Json(json));

    private async Task<JsonElement> CreateAsync(string context = "{}")
    {
        using var response = await PostAsync("", $$"""{"type": "chat", "agent_id": "{{_agent}}", "context": {{context}} }""");
        return await response.JsonAsync(HttpStatusCode.Created);
    }

    private async Task<JsonElement> ListAsync(string filter)
    {
        using var response = await _api.GetAsync(new Uri($"/v1/sessions?agent_id={_agent}{filter}", UriKind.Relative));
        return await response.JsonAsync();
    }
}
