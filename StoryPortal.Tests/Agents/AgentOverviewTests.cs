using System.Globalization;
using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Agents;

[Collection(SharedSystem.Name)]
public sealed class AgentOverviewTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly Guid _agent = Guid.NewGuid();

    [Fact]
    public async Task An_overview_tells_what_an_agent_did_last_and_how_it_does()
    {
        await SendAsync("agents", $$"""{"id": "{{_agent}}", "name": "Ada", "type": "writer"}""");
        var now = DateTimeOffset.UtcNow;
        string[] events =
        [
            .. Enumerable.Range(1, 12).Select(hours => Event(now.AddHours(-hours))),
            .. Enumerable.Range(2, 3).Select(days => Event(now.AddDays(-days))),
        ];
        using var stored = await _api.PostAsync(Address("events/batch"), Answers.Ndjson(events));
        await stored.JsonAsync();
        await SendAsync("sessions", $$"""{"type": "chat", "agent_id": "{{_agent}}"}""");
        var ended = await SendAsync("sessions", $$"""{"type": "chat", "agent_id": "{{_agent}}"}""");
        using var end = await _api.PostAsync(Address($"sessions/{ended.Id()}/end"), null);
        await end.JsonAsync();
        await SendAsync("quality-scores", Score(90, now.AddHours(-2)));
        var latest = await SendAsync("quality-scores", Score(61.5, now.AddHours(-1)));

        using var response = await _api.GetAsync(Address($"agents/{_agent}/overview"));
        var overview = await response.JsonAsync();
        using var agent = await _api.GetAsync(Address($"agents/{_agent}"));
        using var list = await _api.GetAsync(Address($"events?agent_id={_agent}&limit=10"));
        var latestEvents = await list.JsonAsync();
        Assert.Equal((await agent.JsonAsync()).GetRawText(), overview.GetProperty("agent").GetRawText());
        Assert.Equal(JsonSerializer.Serialize(latestEvents), JsonSerializer.Serialize(overview.GetProperty("events")));

        var metrics = overview.GetProperty("metrics");
        Assert.Equal(15, metrics.GetProperty("events_total").GetInt64());
        Assert.Equal(12, metrics.GetProperty("events_last_24h").GetInt64());
        Assert.Equal(latestEvents[0].GetProperty("timestamp").GetString(), metrics.GetProperty("last_event_at").GetString());
        Assert.Equal(1, metrics.GetProperty("active_sessions").GetInt64());
        Assert.Equal(latest.GetRawText(), metrics.GetProperty("quality_score").GetRawText());
    }

    [Fact]
    public async Task An_agent_that_did_nothing_has_an_overview_too()
    {
        await SendAsync("agents", $$"""{"id": "{{_agent}}", "name": "Ada", "type": "writer"}""");

        using var response = await _api.GetAsync(Address($"agents/{_agent}/overview"));
        var overview = await response.JsonAsync();
        Assert.Equal("[]", overview.GetProperty("events").GetRawText());
        Assert.Equal(
            """{"events_total":0,"events_last_24h":0,"last_event_at":null,"active_sessions":0,"quality_score":null}""", overview.GetProperty("metrics").GetRawText());
    }

    [Fact]
    public async Task An_agent_that_is_not_there_has_none()
    {
        using var response = await _api.GetAsync(Address($"agents/{_agent}/overview"));
        await response.ProblemAsync(HttpStatusCode.NotFound);
    }

    private static Uri Address(string rest) => new($"/v1/{rest}", UriKind.Relative);

    private static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    private string Event(DateTimeOffset time) => $$"""{"type": "overview", "agent_id": "{{_agent}}", "timestamp": "{{Text(time)}}"}""";

    private string Score(double score, DateTimeOffset time) => string.Create(
        CultureInfo.InvariantCulture, $$"""{"component_type": "agent", "component_id": "{{_agent}}", "overall_score": {{score}}, "calculated_at": "{{Text(time)}}"}""");

    private async Task<JsonElement> SendAsync(string list, string json)
    {
        using var response = await _api.PostAsync(Address(list), Answers.Json(json));
        return await response.JsonAsync(HttpStatusCode.Created);
    }
}
