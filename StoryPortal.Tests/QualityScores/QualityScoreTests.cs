using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.QualityScores;

[Collection(SharedSystem.Name)]
public sealed class QualityScoreTests(StoryPortalSystem system)
{
    private readonly HttpClient _api = system.Gateway;
    private readonly string _type = $"score-test-{Guid.NewGuid():N}";

    [Theory]
    [InlineData("100", "good")]
    [InlineData("80", "good")]
    [InlineData("79.99", "warning")]
    [InlineData("60", "warning")]
    [InlineData("59.999", "critical")]
    [InlineData("0", "critical")]
    public async Task An_assessment_is_derived_from_the_score_and_taken_from_a_client_only_if_it_is_that(string score, string expected)
    {
        foreach (var sent in new[] { null, "good", "warning", "critical" })
        {
            var member = sent is null ? "" : $", \"assessment\": \"{sent}\"";
            using var response = await PostAsync("", $$"""{"component_type": "{{_type}}", "component_id": "c", "overall_score": {{score}}{{member}} }""");
            if (sent is null || sent == expected)
            {
                Assert.Equal(expected, (await response.JsonAsync(HttpStatusCode.Created)).GetProperty("assessment").GetString());
            }
            else
            {
                Assert.Equal(["assessment"], await response.ProblemAsync(HttpStatusCode.BadRequest));
            }
        }
    }

    [Fact]
    public async Task A_score_is_stored_once_however_often_it_is_sent()
    {
        var id = Guid.NewGuid();
        using var first = await PostAsync("", $$"""{"id": "{{id}}", "component_type": "{{_type}}", "component_id": "c", "overall_score": 70, "dimensions": {"clarity": 0.5} }""");
        var stored = await first.JsonAsync(HttpStatusCode.Created);
        using var repeat = await PostAsync("", $$"""{"id": "{{id}}", "component_type": "other", "component_id": "c", "overall_score": 1}""");
        Assert.True(JsonElement.DeepEquals(stored, await repeat.JsonAsync()));

        using var batch = await PostAsync("/batch", $"[{Row("c", 1, 1, id)}, {Row("c", 2, 2)}]");
        Assert.Equal("""{"accepted":1,"duplicates":1}""", (await batch.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task A_list_is_filtered_newest_first_and_paged_without_gaps_or_repeats()
    {
        await StoreAsync([.. Enumerable.Range(0, 7).Select(i => Row(i % 2 == 0 ? "even" : "odd", i, i / 2))]);

        var pages = await _api.PagesAsync($"/v1/quality-scores?component_type={_type}&limit=3");
        var listed = pages.SelectMany(page => page.EnumerateArray()).ToList();
        Assert.Equal([3, 3, 1], pages.Select(page => page.GetArrayLength()));
        Assert.Equal(7, listed.Select(Answers.Id).Distinct().Count());
        var times = listed.Select(score => score.GetProperty("calculated_at").GetString()).ToList();
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);

        var odd = await _api.PagesAsync($"/v1/quality-scores?component_type={_type}&component_id=odd");
        Assert.Equal([5, 3, 1], Assert.Single(odd).EnumerateArray().Select(score => score.GetProperty("overall_score").GetInt32()));
    }

    [Fact]
    public async Task A_summary_counts_the_latest_score_of_each_component()
    {
        await StoreAsync(
            Row("a", 10, 1), Row("a", 90, 2),
            Row("b", 95, 1), Row("b", 65, 2),
            Row("c", 85, 2), Row("c", 20, 1),
            Row("d", 40, 1));

        using var response = await _api.GetAsync(new Uri("/v1/quality-scores/summary", UriKind.Relative));
        var summary = (await response.JsonAsync()).EnumerateArray().Single(row => row.GetProperty("component_type").GetString() == _type);
        Assert.Equal(
            $$"""{"component_type":"{{_type}}","components":4,"average_score":70,"lowest_score":40,"good":2,"warning":1,"critical":1}""", summary.GetRawText());
    }

    [Theory]
    [InlineData("overall_score", """{"component_type": "t", "component_id": "c", "overall_score": 100.1}""")]
    [InlineData("overall_score", """{"component_type": "t", "component_id": "c", "overall_score": -1}""")]
    [InlineData("overall_score", """{"component_type": "t", "component_id": "c", "overall_score": "90"}""")]
    [InlineData("overall_score", """{"component_type": "t", "component_id": "c"}""")]
    [InlineData("component_type", """{"component_id": "c", "overall_score": 1}""")]
    [InlineData("component_id", """{"component_type": "t", "component_id": "\u0000", "overall_score": 1}""")]
    [InlineData("dimensions", """{"component_type": "t", "component_id": "c", "overall_score": 1, "dimensions": [1]}""")]
    [InlineData("assessment", """{"component_type": "t", "component_id": "c", "overall_score": 1, "assessment": "fine"}""")]
    [InlineData("calculated_at", """{"component_type": "t", "component_id": "c", "overall_score": 1, "calculated_at": "today"}""")]
    public async Task A_bad_score_is_refused_by_field_alone_and_in_a_batch(string field, string json)
    {
        using var single = await PostAsync("", json);
        Assert.Equal([field], await single.ProblemAsync(HttpStatusCode.BadRequest));

        using var batch = await _api.PostAsync(new Uri("/v1/quality-scores/batch", UriKind.Relative), Answers.Ndjson(Row("c", 1, 1), json));
        Assert.Equal([$"line 2: {field}"], await batch.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal(0, Assert.Single(await _api.PagesAsync($"/v1/quality-scores?component_type={_type}")).GetArrayLength());
    }

    private string Row(string component, int score, int minute, Guid? id = null) =>
        $$"""{"id": "{{id ?? Guid.NewGuid()}}", "component_type": "{{_type}}", "component_id": "{{component}}", "overall_score": {{score}}, "calculated_at": "2026-02-01T00:{{minute:00}}:00Z"}""";

    private async Task StoreAsync(params string[] rows)
    {
        using var response = await _api.PostAsync(new Uri("/api/v1/quality-scores/batch", UriKind.Relative), Answers.Ndjson(rows));
        await response.JsonAsync();
    }

    private Task<HttpResponseMessage> PostAsync(string rest, string json) =>
        _api.PostAsync(new Uri($"/api/v1/quality-scores{rest}", UriKind.Relative), Answers.Json(json));
}
