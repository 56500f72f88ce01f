using System.IO.Compression;
using System.Net;
using System.Text;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

[Collection(SharedSystem.Name)]
public sealed class EventTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly string _type = $"event-test-{Guid.NewGuid():N}";

    [Fact]
    public async Task An_event_is_stored_once_however_often_it_is_sent()
    {
        var id = Guid.NewGuid();
        using var first = await PostAsync($$"""{"id": "{{id}}", "type": "{{_type}}", "timestamp": "2026-05-01T12:00:00.1234565+02:00", "payload": {"n": 1.50} }""");
        var stored = await first.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/v1/events/{id}", first.Headers.Location?.OriginalString);
        Assert.Equal("2026-05-01T10:00:00.123457Z", stored.GetProperty("timestamp").GetString());

        using var repeat = await PostAsync($$"""{"id": "{{id}}", "type": "other", "payload": {"n": 2} }""");
        var repeated = await repeat.JsonAsync();
        Assert.Equal(_type, repeated.GetProperty("type").GetString());
        Assert.Equal("1.50", repeated.GetProperty("payload").GetProperty("n").GetRawText());

        using var read = await GetAsync($"/{id}");
        Assert.Equal(repeated.GetRawText(), (await read.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_batch_counts_what_is_new_and_what_it_had_already()
    {
        var rows = Enumerable.Range(0, 5).Select(i => Row(Guid.NewGuid(), i)).ToArray();
        using var json = await BatchAsync(Answers.Json($"[{string.Join(',', rows)}]"));
        Assert.Equal("""{"accepted":5,"duplicates":0}""", (await json.JsonAsync()).GetRawText());

        using var ndjson = await BatchAsync(Answers.Ndjson([.. rows, Row(Guid.NewGuid(), 9), rows[0]]));
        Assert.Equal("""{"accepted":1,"duplicates":6}""", (await ndjson.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_batch_may_be_compressed()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Row(Guid.NewGuid(), 1)));
        }

        using var body = new ByteArrayContent(compressed.ToArray());
        body.Headers.ContentType = new("application/x-ndjson");
        body.Headers.ContentEncoding.Add("gzip");
        using var response = await BatchAsync(body);
        Assert.Equal("""{"accepted":1,"duplicates":0}""", (await response.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_batch_with_one_broken_line_stores_nothing_and_names_the_line()
    {
        var lines = Enumerable.Range(1, 740).Select(i => i == 731 ? """{"type": "x", "payload": """ : Row(Guid.NewGuid(), i)).ToArray();
        using var response = await BatchAsync(Answers.Ndjson(lines));

        Assert.Contains(await response.ProblemAsync(HttpStatusCode.BadRequest), field => field.StartsWith("line 731: ", StringComparison.Ordinal));
        Assert.Empty((await ListAsync("")).Ids());
    }

    [Fact]
    public async Task A_batch_with_one_invalid_element_stores_nothing_and_names_its_position()
    {
        using var response = await BatchAsync(Answers.Json($$"""[{{Row(Guid.NewGuid(), 1)}}, {"type": "", "timestamp": "2026-01-01T00:00:00Z"}, null]"""));

        Assert.Equal(["[1].type", "[2].body"], await response.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Empty((await ListAsync("")).Ids());
    }

    [Fact]
    public async Task A_list_is_filtered_by_agent_session_and_time()
    {
        var (agent, session, other) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        using var stored = await BatchAsync(Answers.Ndjson(
            $$"""{"id": "{{agent}}", "type": "{{_type}}", "agent_id": "{{agent}}", "timestamp": "2026-03-01T00:00:00Z"}""",
            $$"""{"id": "{{session}}", "type": "{{_type}}", "session_id": "{{session}}", "timestamp": "2026-03-02T00:00:00Z"}""",
            $$"""{"id": "{{other}}", "type": "{{_type}}", "timestamp": "2026-03-03T00:00:00Z"}"""));
        await stored.JsonAsync();

        Assert.Equal([other, session, agent], (await ListAsync("")).Ids());
        Assert.Equal([agent], (await ListAsync($"&agent_id={agent}")).Ids());
        Assert.Equal([session], (await ListAsync($"&session_id={session}")).Ids());
        Assert.Equal([session], (await ListAsync("&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z")).Ids());
        Assert.Equal([other, session], (await ListAsync("&from=2026-03-02T01:00:00+01:00")).Ids());
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gaps_or_repeats_even_when_times_are_equal()
    {
        var ids = Enumerable.Range(0, 23).Select(_ => Guid.NewGuid()).ToArray();
        using var stored = await BatchAsync(Answers.Ndjson([.. ids.Select((id, i) => Row(id, i / 5))]));
        await stored.JsonAsync();

        var pages = await _api.PagesAsync($"/v1/events?type={_type}&limit=4");
        Assert.Equal(6, pages.Count);
        var listed = pages.SelectMany(page => page.Ids()).ToList();
        Assert.Equal(23, listed.Count);
        Assert.Equal(ids.Order(), listed.Order());
    }

    [Theory]
    [InlineData("limit")]
    [InlineData("Limit")]
    public async Task The_last_page_leads_nowhere_even_when_it_is_full(string parameter)
    {
        using var stored = await BatchAsync(Answers.Ndjson([.. Enumerable.Range(0, 6).Select(i => Row(Guid.NewGuid(), i))]));
        await stored.JsonAsync();

        var pages = await _api.PagesAsync($"/v1/events?type={_type}&{parameter}=3");
        Assert.Equal([3, 3], pages.Select(page => page.GetArrayLength()));
    }

    private string Row(Guid id, int minute) => $$"""{"id": "{{id}}", "type": "{{_type}}", "timestamp": "2026-02-01T00:{{minute % 60:00}}:00Z", "payload": {"i": {{minute}} } }""";

    private Task<HttpResponseMessage> PostAsync(string json) => _api.PostAsync(new Uri("/api/v1/events", UriKind.Relative), Answers.Json(json));

    private Task<HttpResponseMessage> BatchAsync(HttpContent body) => _api.PostAsync(new Uri("/api/v1/events/batch", UriKind.Relative), body);

    private Task<HttpResponseMessage> GetAsync(string rest) => _api.GetAsync(new Uri($"/v1/events{rest}", UriKind.Relative));

    private async Task<System.Text.Json.JsonElement> ListAsync(string filter)
    {
        using var response = await GetAsync($"?type={_type}{filter}");
        return await response.JsonAsync();
    }
}
