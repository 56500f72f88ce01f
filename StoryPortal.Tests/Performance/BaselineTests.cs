using System.Net;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Performance;

/// <summary>What is kept of performance: baselines, load tests, slow statements, reports.</summary>
[Collection(SharedSystem.Name)]
public sealed class BaselineTests(StoryPortalSystem system)
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_baseline_is_kept_with_its_label_and_compared_with_the_present()
    {
        var label = $"before {Guid.NewGuid()}";
        using var post = await system.Gateway.PostAsync(Path("baselines"), Answers.Json($$"""{"label": "{{label}}"}"""));
        var baseline = await post.JsonAsync(HttpStatusCode.Created);
        Assert.Equal($"/v1/performance/baselines/{baseline.Id()}", post.Headers.Location?.OriginalString);
        Assert.Equal(Slos.All.Count, baseline.GetProperty("scorecard").GetProperty("rows").GetArrayLength());

        using var list = await system.Gateway.GetAsync(Path("baselines?limit=1"));
        Assert.Equal(label, (await list.JsonAsync())[0].GetProperty("label").GetString());

        using var compare = await system.Gateway.GetAsync(Path($"baselines/{baseline.Id()}/compare"));
        var comparison = await compare.JsonAsync();
        Assert.Equal(label, comparison.GetProperty("label").GetString());
        Assert.Equal(Slos.All.Select(target => target.Id), comparison.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("id").GetString()));

        using var missing = await system.Gateway.GetAsync(Path($"baselines/{Guid.NewGuid()}/compare"));
        await missing.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("http_list_p95", 100.0, 200.0, Trend.Worse, 100.0)]
    [InlineData("http_list_p95", 100.0, 50.0, Trend.Better, -50.0)]
    [InlineData("http_list_p95", 100.0, 104.0, Trend.Same, 4.0)]
    [InlineData("http_list_p95", null, 104.0, Trend.Unknown, null)]
    [InlineData("cache_all", 80.0, 90.0, Trend.Better, 12.5)]
    [InlineData("cache_all", 90.0, 80.0, Trend.Worse, -11.1)]
    [InlineData("http_failed", 0.0, 0.0, Trend.Same, 0.0)]
    [InlineData("http_failed", 0.0, 2.0, Trend.Worse, null)]
    public void A_row_gets_better_or_worse_by_so_much(string id, double? before, double? after, Trend expected, double? percent)
    {
        var change = Baseline.Of(Scorecard(id, before), "then", Now).Compare(Scorecard(id, after)).Rows.Single();
        Assert.Equal((expected, percent), (change.Trend, change.ChangePercent));
    }

    [Fact]
    public async Task The_results_of_a_load_test_are_kept_once_with_the_targets_that_it_missed()
    {
        var id = Guid.CreateVersion7();
        var sent = $$$"""
            {"id": "{{{id}}}", "name": "mixed", "tool": "k6", "taken_at": "2999-01-01T00:00:00Z", "duration_seconds": 60, "requests": 1000, "failed_requests": 20,
             "requests_per_second": 16.6, "p95_ms": 600, "p99_ms": 900, "details": {"vus": 10}}
            """;
        using var first = await system.Gateway.PostAsync(Path("load-tests"), Answers.Json(sent));
        var kept = await first.JsonAsync(HttpStatusCode.Created);
        Assert.Equal(["http_api_p95", "http_failed"], kept.GetProperty("missed").EnumerateArray().Select(target => target.GetString()));

        using var second = await system.Gateway.PostAsync(Path("load-tests"), Answers.Json(sent));
        await second.JsonAsync(HttpStatusCode.OK);

        using var list = await system.Gateway.GetAsync(Path("load-tests"));
        Assert.Single((await list.JsonAsync()).Ids(), id);

        await using var delete = system.Database.CreateCommand($"DELETE FROM mcp_documents.load_tests WHERE id = '{id}'");
        await delete.ExecuteNonQueryAsync();
    }

    [Theory]
    [InlineData("baselines", "{}", "label")]
    [InlineData("baselines", """{"label": " "}""", "label")]
    [InlineData("load-tests", """{"name": "a", "tool": "b", "duration_seconds": -1, "requests": 1, "failed_requests": 0, "requests_per_second": 1, "p95_ms": 1, "p99_ms": 1}""", "duration_seconds")]
    [InlineData("load-tests", """{"name": "a", "tool": "b", "duration_seconds": 1, "requests": 1, "failed_requests": 2, "requests_per_second": 1, "p95_ms": 1, "p99_ms": 1}""", "failed_requests")]
    public async Task What_is_wrong_with_them_is_named(string list, string sent, string field)
    {
        using var response = await system.Gateway.PostAsync(Path(list), Answers.Json(sent));
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Slow_statements_are_listed_by_their_mean_time()
    {
        await using (var slow = system.Database.CreateCommand("SELECT pg_sleep(0.2)"))
        {
            await slow.ExecuteNonQueryAsync();
        }

        using var response = await system.Gateway.GetAsync(Path("slow-queries?limit=1000"));
        var queries = (await response.JsonAsync()).EnumerateArray().ToList();
        Assert.Contains(queries, query => query.GetProperty("query").GetString()!.Contains("pg_sleep", StringComparison.Ordinal) && query.GetProperty("mean_ms").GetDouble() >= 200);
        var means = queries.Select(query => query.GetProperty("mean_ms").GetDouble()).ToList();
        Assert.Equal(means.OrderDescending(), means);

        using var wrong = await system.Gateway.GetAsync(Path("slow-queries?min_ms=-1"));
        Assert.Equal(["min_ms"], await wrong.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_server_without_pg_stat_statements_has_no_slow_statements()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        await database.RunAsync("DROP EXTENSION pg_stat_statements");
        Assert.Null(await new PostgresDiagnostics(database.Queries).SlowQueriesAsync(0, 10, CancellationToken.None));
    }

    [Fact]
    public async Task The_report_tells_what_to_make_faster()
    {
        using var response = await system.Gateway.GetAsync(Path("report"));
        Assert.Equal("text/markdown", response.Content.Headers.ContentType?.MediaType);
        var report = await response.Content.ReadAsStringAsync();
        Assert.All(
            (string[])["# Performance report of", "## Targets", "## Since the last baselines", "## Slowest statements", "## Plans of the product's queries", "## Indexes that nothing has used", "## Cache", "## Resources"],
            heading => Assert.Contains(heading, report, StringComparison.Ordinal));
    }

    private static Scorecard Scorecard(string id, double? current)
    {
        var target = Slos.Get(id);
        var row = new ScorecardRow(
            id, target.Area, target.What, target.Value, target.Direction == Direction.Below ? "below" : "above", target.Unit, current, null, 100, current is null ? RowStatus.NoData : RowStatus.Ok);
        return new Scorecard(Now, 300, [], [], [row], [], []);
    }

    private static Uri Path(string rest) => new($"/v1/performance/{rest}", UriKind.Relative);
}
