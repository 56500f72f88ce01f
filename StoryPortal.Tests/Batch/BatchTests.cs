using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Batch;

/// <summary>Many requests in one: each is treated as if it had come by itself.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class BatchTests(StoryPortalSystem system)
{
    private static readonly Uri Batch = new("/v1/batch", UriKind.Relative);

    private readonly string _type = $"batch-{Guid.NewGuid():N}";

    public static TheoryData<string, string> BadItems => new()
    {
        { "path", """{"method": "GET", "path": "http://example.com/v1/agents"}""" },
        { "path", """{"method": "GET", "path": "//example.com/v1/agents"}""" },
        { "path", """{"method": "GET", "path": "/internal/keys"}""" },
        { "path", """{"method": "GET", "path": "/health"}""" },
        { "path", """{"method": "GET", "path": "/metrics"}""" },
        { "path", """{"method": "GET", "path": "/v1/../internal/keys"}""" },
        { "path", """{"method": "GET", "path": "/v1/%2e%2e/internal/keys"}""" },
        { "path", """{"method": "GET", "path": "/v1/agents#top"}""" },
        { "path", """{"method": "GET", "path": "/v1\\agents"}""" },
        { "path", """{"method": "GET", "path": "/v1/agents\r\nX-API-Key: other"}""" },
        { "path", """{"method": "GET"}""" },
        { "path", """{"method": "POST", "path": "/v1/batch", "body": []}""" },
        { "path", """{"method": "POST", "path": "/V1/Batch/", "body": []}""" },
        { "path", """{"method": "GET", "path": "/api/v1/events/stream"}""" },
        { "method", """{"method": "TRACE", "path": "/v1/agents"}""" },
        { "method", """{"method": "get", "path": "/v1/agents"}""" },
        { "headers.X-API-Key", """{"path": "/v1/agents", "headers": {"X-API-Key": "other"} }""" },
        { "headers.Host", """{"path": "/v1/agents", "headers": {"Host": "example.com"} }""" },
        { "headers.Accept", """{"path": "/v1/agents", "headers": {"Accept": "a\nb"} }""" },
        { "id", """{"id": {}, "path": "/v1/agents"}""" },
        { "id", """{"id": "\ud800", "path": "/v1/agents"}""" },
        { "id", """{"id": {"\udc00": 1}, "path": "/v1/agents"}""" },
        { "colour", """{"path": "/v1/agents", "colour": "red"}""" },
        { "body", """{"method": "POST", "path": "/v1/events/batch", "headers": {"Content-Type": "application/x-ndjson"}, "body": {} }""" },
        { "request", "null" },
        { "body", "7" },
        { "limit", """{"path": "/v1/agents?limit=0"}""" },
        { "type", """{"method": "POST", "path": "/v1/events", "body": {"type": "x\u0000y"} }""" },
        { "payload", """{"method": "POST", "path": "/v1/events", "body": {"type": "x", "payload": {"a": 1, "a": 2} } }""" },
    };

    public static TheoryData<string, string> BadBatches => new()
    {
        { "requests", $"[{string.Join(',', Enumerable.Repeat("""{"path": "/v1/agents"}""", 101))}]" },
        { "requests", """{"requests": 1}""" },
        { "requests", "{}" },
        { "colour", """{"colour": []}""" },
        { "body", "7" },
        { "body", """{"\ud800": []}""" },
        { "\"\"", """{"": []}""" },
        { "body", "[{]" },
        { "body", "" },
    };

    [Fact]
    public async Task Each_request_has_its_own_answer_in_the_order_of_the_requests_and_one_that_fails_spoils_no_other()
    {
        var results = await RunAsync(
            $$"""{"id": "made", "method": "POST", "path": "/v1/events", "body": {"type": "{{_type}}", "payload": {"a": [1, "ü"]} } }""",
            """{"id": 2, "method": "POST", "path": "/api/v1/events", "body": {"payload": {} } }""",
            """{"path": "/v1/agents/0189aaaa-0000-7000-8000-000000000000"}""",
            """{"method": "DELETE", "path": "/v1/events"}""",
            """{"path": "/v1/nothing"}""",
            """{"id": "last", "method": "GET", "path": "/v1/services?limit=1"}""");

        Assert.Equal([201, 400, 404, 405, 404, 200], results.Select(Status));
        Assert.Equal(["\"made\"", "2", "null", "null", "null", "\"last\""], results.Select(result => result.GetProperty("id").GetRawText()));
        Assert.Equal("ü", results[0].GetProperty("body").GetProperty("payload").GetProperty("a")[1].GetString());
        Assert.StartsWith("/v1/events/", results[0].GetProperty("headers").GetProperty("Location").GetString(), StringComparison.Ordinal);
        Assert.Equal(["type"], Fields(results[1]));
        Assert.All(results.Skip(1).Take(4), result => Assert.Equal(32, result.GetProperty("body").GetProperty("trace_id").GetString()!.Length));
        Assert.Single(results[5].GetProperty("body").EnumerateArray());

        using var stored = await system.Gateway.GetAsync(new Uri($"/v1/events?type={_type}", UriKind.Relative));
        Assert.Equal([results[0].GetProperty("body").Id()], (await stored.JsonAsync()).Ids());
    }

    [Theory]
    [MemberData(nameof(BadItems))]
    public async Task A_request_that_is_wrong_is_told_by_field_and_the_others_are_answered(string field, string item)
    {
        var results = await RunAsync("""{"path": "/v1/models"}""", item, """{"path": "/v1/models"}""");
        Assert.Equal([200, 400, 200], results.Select(Status));
        Assert.Equal([field], Fields(results[1]));
    }

    [Theory]
    [MemberData(nameof(BadBatches))]
    public async Task A_batch_that_is_wrong_is_refused_as_a_whole(string field, string body)
    {
        using var response = await system.Gateway.PostAsync(Batch, Answers.Json(body));
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_batch_of_nothing_and_a_batch_in_an_object_are_taken()
    {
        Assert.Empty(await RunAsync());
        using var response = await system.Gateway.PostAsync(Batch, Answers.Json("""{"requests": [{"path": "/v1/models"}]}"""));
        Assert.Equal([200], (await response.JsonAsync()).GetProperty("results").EnumerateArray().Select(Status));
    }

    [Fact]
    public async Task Each_request_needs_the_scope_that_it_would_need_by_itself()
    {
        string[] items =
        [
            """{"path": "/v1/models"}""", $$"""{"method": "POST", "path": "/v1/events", "body": {"type": "{{_type}}"} }""", """{"path": "/v1/admin/api-keys"}""",
        ];
        Assert.Equal([200, 401, 401], (await RunAsync(null, items)).Select(Status));
        Assert.Equal([200, 403, 403], (await RunAsync(await KeyAsync("read"), items)).Select(Status));
        Assert.Equal([200, 201, 403], (await RunAsync(await KeyAsync("read", "write"), items)).Select(Status));
        Assert.Equal([200, 201, 200], (await RunAsync(StoryPortalSystem.AdminKey, items)).Select(Status));
    }

    [Fact]
    public async Task What_the_caller_has_already_is_not_sent_again_and_a_head_has_no_body()
    {
        var agent = (await RunAsync($$"""{"method": "POST", "path": "/v1/agents", "body": {"name": "a", "type": "{{_type}}"} }"""))[0].GetProperty("body").Id();
        var read = (await RunAsync($$"""{"path": "/v1/agents/{{agent}}"}"""))[0];
        var tag = JsonEncodedText.Encode(read.GetProperty("headers").GetProperty("ETag").GetString()!);
        var results = await RunAsync(
            $$"""{"path": "/v1/agents/{{agent}}", "headers": {"If-None-Match": "{{tag}}"} }""", $$"""{"method": "HEAD", "path": "/v1/agents/{{agent}}"}""");

        Assert.Equal([304, 200], results.Select(Status));
        Assert.All(results, result => Assert.Equal(JsonValueKind.Null, result.GetProperty("body").ValueKind));
        Assert.All(results, result => Assert.Equal("HIT", result.GetProperty("headers").GetProperty("X-Cache").GetString()));
    }

    [Fact]
    public async Task Bulk_posts_in_batches_take_turns_with_all_others_and_none_waits_for_ever()
    {
        var batches = await Task.WhenAll(Enumerable.Range(0, 6).Select(batch => RunAsync([.. Enumerable.Range(0, 8).Select(i =>
            $$"""{"method": "POST", "path": "/v1/events/batch", "headers": {"Content-Type": "application/x-ndjson"}, "body": "{\"type\": \"{{_type}}\"}\n{\"type\": \"{{_type}}\"}" }""")])));

        // One whose turn did not come in time says so; whatever was accepted is there.
        var results = batches.SelectMany(results => results).ToList();
        Assert.All(results, result => Assert.Contains(Status(result), (int[])[200, 503]));
        var accepted = results.Where(result => Status(result) == 200).Sum(result => result.GetProperty("body").GetProperty("accepted").GetInt32());
        Assert.True(accepted > 0);
        await using var count = system.Database.CreateCommand("SELECT count(*)::int FROM mcp_documents.events WHERE type = $1");
        count.Parameters.AddWithValue(_type);
        Assert.Equal(accepted, await count.ExecuteScalarAsync());
    }

    [Fact]
    public async Task An_answer_that_would_make_the_batch_too_large_is_left_out_and_the_others_are_there()
    {
        var payload = new string('x', 1000 * 1000);
        for (var i = 0; i < 20; i++)
        {
            using var stored = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json($$"""{"type": "{{_type}}", "payload": "{{payload}}"}"""));
            await stored.JsonAsync(HttpStatusCode.Created);
        }

        var results = await RunAsync(
            """{"path": "/v1/models"}""", $$"""{"path": "/v1/events?type={{_type}}", "headers": {"Accept": "application/x-ndjson"} }""",
            $$"""{"path": "/v1/events?type={{_type}}&limit=5"}""");
        Assert.Equal([200, 413, 200], results.Select(Status));
        Assert.Equal(5, results[2].GetProperty("body").GetArrayLength());
    }

    [Fact]
    public async Task A_body_that_is_too_large_for_its_endpoint_is_refused_as_it_would_be_by_itself()
    {
        var results = await RunAsync($$"""{"method": "POST", "path": "/v1/events", "body": {"type": "{{_type}}", "payload": "{{new string('x', 1100 * 1024)}}"} }""");
        Assert.Equal([413], results.Select(Status));
    }

    [Fact]
    public async Task Each_request_is_measured_by_its_route()
    {
        var before = await CountAsync();
        await RunAsync([.. Enumerable.Repeat("""{"path": "/v1/models/of-a-batch"}""", 7)]);
        await Eventually.TrueAsync(async () => await CountAsync() == before + 7);

        async Task<long> CountAsync()
        {
            using var hub = system.CreateHubClient();
            var measured = MeasuredModels().Match(await hub.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
            return measured.Success ? long.Parse(measured.Groups["count"].Value, CultureInfo.InvariantCulture) : 0;
        }
    }

    private static int Status(JsonElement result) => result.GetProperty("status").GetInt32();

    private static string[] Fields(JsonElement result) => [.. result.GetProperty("body").GetProperty("errors").EnumerateObject().Select(field => field.Name)];

    private Task<JsonElement[]> RunAsync(params string[] items) => RunAsync(StoryPortalSystem.AdminKey, items);

    private async Task<JsonElement[]> RunAsync(string? key, string[] items)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Batch) { Content = Answers.Json($"[{string.Join(',', items)}]") };
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using var response = await system.Anonymous.SendAsync(request);
        return [.. (await response.JsonAsync()).GetProperty("results").EnumerateArray()];
    }

    private async Task<string> KeyAsync(params string[] scopes)
    {
        using var response = await system.Gateway.PostAsync(
            new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json($$"""{"name": "{{_type}}", "scopes": {{JsonSerializer.Serialize(scopes)}} }"""));
        return (await response.JsonAsync(HttpStatusCode.Created)).GetProperty("key").GetString()!;
    }

    [GeneratedRegex("""request_duration_seconds_count\{(?=[^\n]*endpoint="/v1/models/\{id\}")(?=[^\n]*http_response_status_code="404")(?![^\n]*network_protocol_version)[^\n]*\} (?<count>\d+)""")]
    private static partial Regex MeasuredModels();
}
