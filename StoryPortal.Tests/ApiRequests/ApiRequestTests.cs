using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.ApiRequests;

/// <summary>The request log: what the gateway sends to the hub, and what operators read of it.</summary>
[Collection(SharedSystem.Name)]
public sealed class ApiRequestTests(StoryPortalSystem system)
{
    private static readonly Uri Log = new("/internal/api-requests", UriKind.Relative);
    private static readonly DateTimeOffset Noon = new(2026, 2, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _route = $"/v1/test-{Guid.NewGuid():N}/{{id}}";

    [Fact]
    public async Task A_request_is_logged_once_however_often_it_is_sent_and_read_back_as_it_was()
    {
        var sent = Request(Noon) with
        {
            Consumer = "tests",
            ClientIp = "2001:db8::1",
            UserAgent = "xunit",
            TraceId = "0af7651916cd43dd8448eb211c80319c",
            RequestBytes = 0,
            ResponseBytes = 1L << 40,
            Cache = "HIT",
        };
        await LogAsync(sent, Request(Noon.AddSeconds(1)));
        await LogAsync(sent with { StatusCode = 500 });

        var listed = await ListAsync("");
        Assert.Equal(2, listed.GetArrayLength());
        Assert.Equal(
            JsonSerializer.Serialize(sent, ApiRequestJson.Default.ApiRequest).Replace("2026-02-01T12:00:00+00:00", "2026-02-01T12:00:00.000000Z", StringComparison.Ordinal),
            listed[1].GetRawText());
        Assert.Equal(JsonValueKind.Null, listed[0].GetProperty("client_ip").ValueKind);
    }

    [Fact]
    public async Task The_log_is_taken_a_document_a_line_as_well()
    {
        var lines = Enumerable.Range(0, 3).Select(i => JsonSerializer.Serialize(Request(Noon.AddSeconds(i)), ApiRequestJson.Default.ApiRequest)).ToArray();
        using var response = await system.Internal.PostAsync(Log, Answers.Ndjson(lines));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(3, (await ListAsync("")).GetArrayLength());
    }

    [Fact]
    public async Task The_list_is_filtered_newest_first_and_paged_without_gaps_or_repeats()
    {
        var requests = Enumerable.Range(0, 7).Select(i => Request(Noon.AddSeconds(i / 2)) with { StatusCode = i % 2 == 0 ? 200 : 404 }).ToArray();
        await LogAsync(requests);

        var pages = await system.Gateway.PagesAsync($"/v1/api-requests?route={Uri.EscapeDataString(_route)}&limit=2");
        Assert.Equal([2, 2, 2, 1], pages.Select(page => page.GetArrayLength()));
        Assert.Equal(
            requests.OrderByDescending(request => request.Timestamp).ThenByDescending(request => request.Id.ToString(), StringComparer.Ordinal).Select(request => request.Id),
            pages.SelectMany(page => page.Ids()));

        Assert.Equal(3, (await ListAsync("&status_code=404")).GetArrayLength());
        Assert.Equal([requests[6].Id], (await ListAsync("&from=2026-02-01T12:00:03Z")).Ids());
        Assert.Equal(4, (await ListAsync("&to=2026-02-01T12:00:02Z")).GetArrayLength());
    }

    [Fact]
    public async Task Statistics_tell_how_a_route_did_in_a_window()
    {
        // 1 to 100 ms, in an order of their own; every 25th failed, and some the caller got wrong, which is no failure of the route.
        var requests = Enumerable.Range(0, 100).Select(i => Request(Noon.AddMinutes(i)) with
        {
            LatencyMs = 1 + (i * 37 % 100),
            StatusCode = i % 25 == 0 ? 503 : i % 10 == 1 ? 404 : 200,
        });
        await LogAsync([.. requests, Request(Noon.AddDays(-1)) with { LatencyMs = 5000 }, Request(Noon.AddDays(1)) with { LatencyMs = 5000 }]);

        Assert.Equal(
            $$"""{"route":"{{_route}}","count":100,"error_rate":0.04,"p50_ms":50,"p95_ms":95,"p99_ms":99}""",
            (await StatsAsync("2026-02-01T12:00:00Z", "2026-02-01T13:40:00Z")).GetRawText());
    }

    [Fact]
    public async Task Statistics_are_of_the_last_24_hours_unless_asked_otherwise()
    {
        var now = DateTimeOffset.UtcNow;
        await LogAsync(Request(now.AddMinutes(-1)), Request(now.AddHours(-23)), Request(now.AddHours(-25)));

        using var response = await system.Gateway.GetAsync(new Uri("/v1/api-requests/stats", UriKind.Relative));
        Assert.Equal(2, Row(await response.JsonAsync()).GetProperty("count").GetInt32());
        Assert.Equal(3, (await StatsAsync(now.AddHours(-26).ToString("O", CultureInfo.InvariantCulture), null)).GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task What_a_caller_chose_is_shortened_and_cleaned_so_that_it_never_costs_the_requests_beside_it()
    {
        await LogAsync(
            Request(Noon) with { Method = new string('M', 50), Path = "/\0" + new string('p', 3000), UserAgent = new string('x', 499) + "\U0001F600\U0001F600", RequestId = new string('r', 300) },
            Request(Noon.AddSeconds(1)));

        var listed = await ListAsync("");
        Assert.Equal(2, listed.GetArrayLength());
        Assert.Equal(new string('M', 20), listed[1].GetProperty("method").GetString());
        Assert.Equal("/\uFFFD" + new string('p', 998), listed[1].GetProperty("path").GetString());
        Assert.Equal(new string('x', 499) + "\U0001F600", listed[1].GetProperty("user_agent").GetString());
        Assert.Equal(200, listed[1].GetProperty("request_id").GetString()!.Length);
    }

    [Theory]
    [InlineData("status_code", "\"status_code\":200", "\"status_code\":0")]
    [InlineData("latency_ms", "\"latency_ms\":1.5", "\"latency_ms\":-1")]
    [InlineData("client_ip", "\"status_code\":200", "\"status_code\":200,\"client_ip\":\"localhost\"")]
    [InlineData("request_bytes", "\"status_code\":200", "\"status_code\":200,\"request_bytes\":-1")]
    [InlineData("body", "\"status_code\":200,", "")]
    [InlineData("headers", "\"status_code\":200", "\"status_code\":200,\"headers\":{}")]
    public async Task What_cannot_have_been_measured_is_refused_with_the_whole_batch(string field, string from, string to)
    {
        var good = JsonSerializer.Serialize(Request(Noon), ApiRequestJson.Default.ApiRequest);
        using var response = await system.Internal.PostAsync(Log, Answers.Ndjson(good, good.Replace(from, to, StringComparison.Ordinal)));

        Assert.Equal([$"line 2: {field}"], await response.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal(0, (await ListAsync("")).GetArrayLength());
    }

    [Fact]
    public async Task The_log_is_not_written_from_outside()
    {
        using var response = await system.Gateway.PostAsync(Log, Answers.Json("[]"));
        await response.ProblemAsync(HttpStatusCode.NotFound);
    }

    private ApiRequest Request(DateTimeOffset timestamp) => new()
    {
        Id = Guid.NewGuid(),
        RequestId = "r-1",
        Timestamp = timestamp,
        Method = "GET",
        Route = _route,
        Path = _route,
        StatusCode = 200,
        LatencyMs = 1.5,
    };

    private async Task LogAsync(params ApiRequest[] requests)
    {
        using var response = await system.Internal.PostAsJsonAsync(Log, requests, ApiRequestJson.Default.IReadOnlyListApiRequest);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task<JsonElement> ListAsync(string filter)
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/api-requests?route={Uri.EscapeDataString(_route)}{filter}", UriKind.Relative));
        return await response.JsonAsync();
    }

    private async Task<JsonElement> StatsAsync(string from, string? to)
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/api-requests/stats?from={Uri.EscapeDataString(from)}{(to is null ? "" : $"&to={to}")}", UriKind.Relative));
        return Row(await response.JsonAsync());
    }

    private JsonElement Row(JsonElement stats) => stats.EnumerateArray().Single(row => row.GetProperty("route").GetString() == _route);
}
