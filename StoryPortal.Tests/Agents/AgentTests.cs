using System.Net;
using System.Text.Json;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Agents;

[Collection(SharedSystem.Name)]
public sealed class AgentTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly string _type = $"agent-test-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_new_agent_is_answered_with_its_defaults_and_where_to_find_it()
    {
        using var response = await PostAsync($$"""{"name": "Ada", "type": "{{_type}}"}""");
        var agent = await response.JsonAsync(HttpStatusCode.Created);

        Assert.Equal($"/v1/agents/{agent.Id()}", response.Headers.Location?.OriginalString);
        Assert.Equal("created", agent.GetProperty("status").GetString());
        Assert.Equal("{}", agent.GetProperty("configuration").GetRawText());
        Assert.Equal("{}", agent.GetProperty("metadata").GetRawText());
        Assert.Equal(agent.GetProperty("created_at").GetString(), agent.GetProperty("updated_at").GetString());

        using var read = await _api.GetAsync(response.Headers.Location);
        Assert.Equal(agent.GetRawText(), (await read.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task An_id_that_is_taken_is_a_conflict_for_post_and_replaced_by_put()
    {
        var id = Guid.NewGuid();
        using var first = await PutAsync(id, $$"""{"name": "Ada", "type": "{{_type}}"}""");
        var created = await first.JsonAsync(HttpStatusCode.Created);

        using var posted = await PostAsync($$"""{"id": "{{id}}", "name": "Bob", "type": "{{_type}}"}""");
        await posted.ProblemAsync(HttpStatusCode.Conflict);

        using var again = await PutAsync(id, $$"""{"name": "Ada", "type": "{{_type}}"}""");
        Assert.Equal(created.GetRawText(), (await again.JsonAsync()).GetRawText());

        using var changed = await PutAsync(id, $$"""{"name": "Ada", "type": "{{_type}}", "status": "active", "metadata": {"a": [1, null]} }""");
        var now = await changed.JsonAsync();
        Assert.Equal("active", now.GetProperty("status").GetString());
        Assert.Equal(created.GetProperty("created_at").GetString(), now.GetProperty("created_at").GetString());
        Assert.True(string.CompareOrdinal(now.GetProperty("updated_at").GetString(), created.GetProperty("updated_at").GetString()) > 0);
    }

    [Fact]
    public async Task An_owner_is_stored_patched_and_removed_by_a_put_without_one()
    {
        var id = Guid.NewGuid();
        using var created = await PutAsync(id, $$"""{"name": "Ada", "type": "{{_type}}", "owner": "novels"}""");
        Assert.Equal("novels", (await created.JsonAsync(HttpStatusCode.Created)).GetProperty("owner").GetString());

        using var listed = await _api.GetAsync(new Uri($"/api/v1/agents?type={_type}&owner=novels", UriKind.Relative));
        Assert.Equal(id, Assert.Single((await listed.JsonAsync()).EnumerateArray()).Id());
        using var others = await _api.GetAsync(new Uri($"/api/v1/agents?type={_type}&owner=poems", UriKind.Relative));
        Assert.Empty((await others.JsonAsync()).EnumerateArray());

        using var patched = await _api.PatchAsync(Relative(id.ToString()), Answers.Json("""{"owner": "poems"}"""));
        Assert.Equal("poems", (await patched.JsonAsync()).GetProperty("owner").GetString());

        using var batch = await _api.PostAsync(Relative("batch"), Answers.Json($$"""[{"id": "{{id}}", "name": "Ada", "type": "{{_type}}", "owner": "essays"}]"""));
        Assert.Equal("""{"accepted":1,"created":0,"updated":1,"unchanged":0}""", (await batch.JsonAsync()).GetRawText());

        using var replaced = await PutAsync(id, $$"""{"name": "Ada", "type": "{{_type}}"}""");
        Assert.False((await replaced.JsonAsync()).TryGetProperty("owner", out _));
    }

    [Fact]
    public async Task A_batch_tells_what_it_created_updated_and_left_alone()
    {
        var (same, changed, added) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        using var before = await _api.PostAsync(Relative("batch"), Answers.Json($"[{Row(same, "same")}, {Row(changed, "before")}]"));
        Assert.Equal("""{"accepted":2,"created":2,"updated":0,"unchanged":0}""", (await before.JsonAsync()).GetRawText());

        using var after = await _api.PostAsync(Relative("batch"), Answers.Ndjson(Row(same, "same"), Row(changed, "lost"), "", Row(added, "added"), Row(changed, "after")));
        Assert.Equal("""{"accepted":3,"created":1,"updated":1,"unchanged":1}""", (await after.JsonAsync()).GetRawText());

        using var read = await _api.GetAsync(Relative(changed.ToString()));
        Assert.Equal("after", (await read.JsonAsync()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_list_is_filtered_newest_first_and_paged_without_gaps_or_repeats()
    {
        var rows = Enumerable.Range(0, 7).Select(i => Row(Guid.NewGuid(), $"agent {i}", i % 2 == 0 ? "active" : "idle")).ToArray();
        foreach (var chunk in rows.Chunk(3))
        {
            // Rows of one batch share their time: the id decides among them.
            using var stored = await _api.PostAsync(Relative("batch"), Answers.Ndjson(chunk));
            await stored.JsonAsync();
        }

        var pages = await _api.PagesAsync($"/api/v1/agents?type={_type}&limit=2");
        var listed = pages.SelectMany(page => page.EnumerateArray()).ToList();
        Assert.Equal(7, listed.Select(Answers.Id).Distinct().Count());
        Assert.Equal(7, listed.Count);
        var times = listed.Select(agent => agent.GetProperty("created_at").GetString()).ToList();
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);

        var active = await _api.PagesAsync($"/v1/agents?type={_type}&status=active");
        Assert.Equal(4, Assert.Single(active).GetArrayLength());
    }

    [Fact]
    public async Task Agents_come_with_their_latest_events_in_one_statement()
    {
        var (busy, silent) = (Guid.NewGuid(), Guid.NewGuid());
        using var agents = await _api.PostAsync(Relative("batch"), Answers.Ndjson(Row(busy, "busy"), Row(silent, "silent")));
        await agents.JsonAsync();
        var events = Enumerable.Range(1, 12).Select(i =>
            $$"""{"type": "{{_type}}", "agent_id": "{{busy}}", "timestamp": "2026-01-{{i:00}}T00:00:00.5Z", "payload": {"day": {{i}} } }""").ToArray();
        using var stored = await _api.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson(events));
        await stored.JsonAsync();

        await IsWarmAsync();
        await ResetStatementsAsync();
        using var response = await _api.GetAsync(Relative($"?type={_type}&include=events"));
        var listed = await response.JsonAsync();
        var statements = await StatementsAsync();
        Assert.True(statements.Count == 1, string.Join("\n\n", statements));

        var byId = listed.EnumerateArray().ToDictionary(Answers.Id, agent => agent.GetProperty("events"));
        Assert.Equal("[]", byId[silent].GetRawText());
        Assert.Equal(Enumerable.Range(3, 10).Reverse(), byId[busy].EnumerateArray().Select(e => e.GetProperty("payload").GetProperty("day").GetInt32()));

        // Postgres makes these events, the serializer the others: field for field the same.
        var embedded = byId[busy].EnumerateArray().First();
        using var single = await _api.GetAsync(new Uri($"/v1/events/{embedded.Id()}", UriKind.Relative));
        Assert.Equal(JsonSerializer.Serialize(await single.JsonAsync()), JsonSerializer.Serialize(embedded));

        using var two = await _api.GetAsync(Relative($"?type={_type}&include=events&events_limit=2"));
        Assert.Contains((await two.JsonAsync()).EnumerateArray(), agent => agent.GetProperty("events").GetArrayLength() == 2);
    }

    [Fact]
    public async Task A_read_that_the_caller_has_already_is_not_sent_again()
    {
        using var created = await PostAsync($$"""{"name": "Ada", "type": "{{_type}}"}""");
        using var first = await _api.GetAsync(created.Headers.Location);
        var tag = Assert.IsType<System.Net.Http.Headers.EntityTagHeaderValue>(first.Headers.ETag);

        using var request = new HttpRequestMessage(HttpMethod.Get, created.Headers.Location);
        request.Headers.IfNoneMatch.Add(tag);
        using var second = await _api.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    private static Uri Relative(string rest) => new($"/api/v1/agents{(rest.StartsWith('?') ? "" : "/")}{rest}", UriKind.Relative);

    private string Row(Guid id, string name, string status = "active") => $$"""{"id": "{{id}}", "name": "{{name}}", "type": "{{_type}}", "status": "{{status}}"}""";

    private Task<HttpResponseMessage> PostAsync(string json) => _api.PostAsync(Relative(""), Answers.Json(json));

    private Task<HttpResponseMessage> PutAsync(Guid id, string json) => _api.PutAsync(Relative(id.ToString()), Answers.Json(json));

    private async Task ResetStatementsAsync()
    {
        await using var reset = system.Database.CreateCommand("SELECT pg_stat_statements_reset()");
        await reset.ExecuteNonQueryAsync();
    }

    // Warming up, the worker reads agents as well.
    private async Task IsWarmAsync()
    {
        using var worker = system.App.CreateHttpClient("data-layer", "http");
        await Eventually.TrueAsync(async () => (await worker.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("cache_warm_duration_seconds", StringComparison.Ordinal));
    }

    private async Task<List<string>> StatementsAsync()
    {
        await using var count = system.Database.CreateCommand(
            """
            SELECT query FROM pg_stat_statements, generate_series(1, calls)
            WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) -- other hubs have databases on this server
                AND query ~ 'mcp_documents\.(agents|events)\M' AND query !~ 'pg_locks|events_seq_seq|\mseq\M' -- counting and streaming go by order of arrival, at any time
                AND query !~ 'mcp_documents\.service' -- leases of services end at any time as well, and leave an event
            """);
        await using var rows = await count.ExecuteReaderAsync();
        var statements = new List<string>();
        while (await rows.ReadAsync())
        {
            statements.Add(rows.GetString(0));
        }

        return statements;
    }
}
