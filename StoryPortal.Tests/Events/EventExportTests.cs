using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

[Collection(SharedSystem.Name)]
public sealed class EventExportTests(StoryPortalSystem system)
{
    private readonly string _type = $"export-test-{Guid.NewGuid():N}";

    [Fact]
    public async Task An_export_has_every_event_that_matches_newest_first()
    {
        var ids = await StoreAsync(2500);
        using var response = await ExportAsync("");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.ToString());
        Assert.Contains("Accept", response.Headers.Vary);

        var exported = await LinesAsync(response);
        Assert.Equal(ids.Order(), exported.Select(Answers.Id).Order());
        var times = exported.Select(e => e.GetProperty("timestamp").GetString()).ToList();
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);
        using var single = await system.Gateway.GetAsync(new Uri($"/v1/events/{exported[0].Id()}", UriKind.Relative));
        Assert.Equal((await single.JsonAsync()).GetRawText(), exported[0].GetRawText());
    }

    [Theory]
    [InlineData("&limit=1", 1)]
    [InlineData("&limit=1000", 1000)]
    [InlineData("&limit=1500", 1500)]
    [InlineData("&limit=5000", 2000)]
    [InlineData("&to=1970-01-01T00:00:00Z", 0)]
    public async Task An_export_ends_at_its_limit_or_with_the_last_event(string filter, int expected)
    {
        await StoreAsync(2000);
        using var response = await ExportAsync(filter);
        Assert.Equal(expected, (await LinesAsync(response)).Count);
    }

    [Fact]
    public async Task A_bad_export_is_refused_by_parameter()
    {
        using var response = await ExportAsync("&limit=0&from=yesterday");
        Assert.Equal(["limit", "from"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    private async Task<List<Guid>> StoreAsync(int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToList();
        string[] events = [.. ids.Select((id, i) => $$"""{"id": "{{id}}", "type": "{{_type}}", "timestamp": "2026-02-01T00:{{i % 60:00}}:00Z", "payload": {"i": {{i}} } }""")];
        using var response = await system.Gateway.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson(events));
        await response.JsonAsync();
        return ids;
    }

    private async Task<HttpResponseMessage> ExportAsync(string filter)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/v1/events?type={_type}{filter}", UriKind.Relative));
        request.Headers.Accept.Add(new("application/x-ndjson"));
        return await system.Gateway.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<List<JsonElement>> LinesAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var lines = new List<JsonElement>();
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(JsonElement.Parse(line));
        }

        return lines;
    }
}
