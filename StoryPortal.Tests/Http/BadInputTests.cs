using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Http;

/// <summary>Whatever is wrong with a request, the answer is a problem document that names it, and nothing is stored.</summary>
[Collection(SharedSystem.Name)]
public sealed class BadInputTests(StoryPortalSystem system)
{
    private const int TooLarge = 40 * 1024 * 1024;

    private static readonly byte[] NotUtf8 = [.. "{\"type\": \"x\", \"payload\": {\"k\": \""u8, 0xFF, .. "\"}}"u8];

    public static TheoryData<string, string> BadEvents => new()
    {
        { "type", """{"type": """ },
        { "type", """{"type": 5}""" },
        { "type", """{"payload": {} }""" },
        { "type", """{"type": "x", "type": "y"}""" },
        { "type", """{"type": "x\u0000y"}""" },
        { "type", """{"type": "x\ud800"}""" },
        { "type", $$"""{"type": "{{new string('x', 5000)}}"}""" },
        { "type", $$"""{"type": "{{string.Concat(Enumerable.Repeat("😀", 201))}}"}""" },
        { "colour", """{"type": "x", "colour": "red"}""" },
        { "timestamp", """{"type": "x", "timestamp": "99999-01-01T00:00:00Z"}""" },
        { "timestamp", """{"type": "x", "timestamp": "0001-01-01T00:00:00Z"}""" },
        { "timestamp", """{"type": "x", "timestamp": "2026-01-01T00:00:00"}""" },
        { "timestamp", """{"type": "x", "timestamp": "2026-01-01T00:00:00+0000"}""" },
        { "timestamp", """{"type": "x", "timestamp": "2026-01-01T00:00:00,5Z"}""" },
        { "timestamp", """{"type": "x", "timestamp": 12}""" },
        { "agent_id", """{"type": "x", "agent_id": "nobody"}""" },
        { "payload", """{"type": "x", "payload": {"k": "\u0000"} }""" },
        { "payload", """{"type": "x", "payload": {"\udc00": 1} }""" },
        { "payload", """{"type": "x", "payload": {"k": 1e999999} }""" },
        { "payload", """{"type": "x", "payload": {"k": 1e-99999} }""" },
        { "payload", """{"type": "x", "payload": {"k": 1, "\u006b": 2} }""" },
        { "payload", $$"""{"type": "x", "payload": {{new string('[', 100)}}{{new string(']', 100)}} }""" },
        { "body", "[]" },
        { "body", "null" },
        { "body", "" },
    };

    public static TheoryData<string, string> BadQueries => new()
    {
        { "limit", "agents?limit=0" },
        { "limit", "events?limit=5000" },
        { "limit", "services?limit=many" },
        { "cursor", "events?cursor=broken" },
        { "cursor", "agents?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
        { "cursor", "services?cursor=%21" },
        { "agent_id", "events?agent_id=nobody" },
        { "from", "events?from=yesterday" },
        { "from", "events?from=2026-01-01T00:00:00%2B0000" },
        { "to", "events/stats?to=2026-01-01T00:00:00,5Z" },
        { "type", "events?type=a%00b" },
        { "status", "agents?status=asleep" },
        { "from", "events/stats?from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z" },
        { "bucket", "events/stats?bucket=week" },
        { "bucket", "events/stats?bucket=minute&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z" },
        { "type", "events/stats?type=a%00b" },
        { "agent_id", "events/stats?agent_id=nobody" },
        { "active", "sessions?active=perhaps" },
        { "agent_id", "sessions?agent_id=nobody" },
        { "cursor", "sessions?cursor=broken" },
        { "component_type", "quality-scores?component_type=a%00b" },
        { "limit", "quality-scores?limit=1001" },
        { "cursor", "models?cursor=broken" },
        { "id", "agents/nobody/overview" },
        { "status_code", "api-requests?status_code=99" },
        { "status_code", "api-requests?status_code=ok" },
        { "cursor", "api-requests?cursor=broken" },
        { "route", "api-requests?route=a%00b" },
        { "from", "api-requests/stats?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z" },
        { "from", "api-requests/stats?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z" },
        { "to", "api-requests/stats?to=tomorrow" },
        { "include", "agents?include=sessions" },
        { "events_limit", "agents?include=events&events_limit=101" },
        { "id", "agents/nobody" },
        { "id", "events/42" },
        { "type", "events?type=a&type=b" },
        { "TYPE", "events?type=a&TYPE=a" },
        { "limit", "events?limit=1&limit=2" },
        { "cursor", "agents?cursor=&cursor=" },
        { "agent_id", $"sessions?agent_id={Guid.Empty}&agent_id={Guid.Empty}" },
        { "layer", "services?layer=L01&layer=L02" },
        { "q", "services/search?q=a&q=b" },
        { "wait", "services/watch?wait=0&wait=0" },
        { "last_event_id", $"events/stream?last_event_id={Guid.Empty}&last_event_id={Guid.Empty}" },
        { "min_ms", "performance/slow-queries?min_ms=1&min_ms=2" },
    };

    [Theory]
    [MemberData(nameof(BadEvents))]
    public async Task A_bad_event_is_refused_by_field(string field, string json)
    {
        var before = await CountAsync();
        using var response = await system.Gateway.PostAsync(Address("events"), Answers.Json(json));

        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal(before, await CountAsync());
    }

    [Theory]
    [MemberData(nameof(BadQueries))]
    public async Task A_bad_query_is_refused_by_parameter(string parameter, string address)
    {
        using var response = await system.Gateway.GetAsync(Address(address));
        Assert.Equal([parameter], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_text_of_as_many_code_points_as_are_taken_is_stored_and_found()
    {
        var type = string.Concat(Enumerable.Repeat("𠮷", 190)) + Guid.NewGuid().ToString("N")[..10];
        using var created = await system.Gateway.PostAsync(Address("events"), Answers.Json($$"""{"type": "{{type}}", "timestamp": "2026-01-01t00:00:00.5z"}"""));
        Assert.Equal("2026-01-01T00:00:00.500000Z", (await created.JsonAsync(HttpStatusCode.Created)).GetProperty("timestamp").GetString());
        using var found = await system.Gateway.GetAsync(Address($"events?type={Uri.EscapeDataString(type)}&from=2026-01-01t01:00:00.5+01:00"));
        Assert.Equal(type, Assert.Single((await found.JsonAsync()).EnumerateArray()).GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_bad_agent_is_told_everything_that_is_wrong_at_once()
    {
        using var response = await system.Gateway.PostAsync(Address("agents"), Answers.Json("""{"name": "", "configuration": [], "metadata": 1}"""));
        Assert.Equal(["name", "type", "configuration", "metadata"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_refused()
    {
        using var body = new ByteArrayContent(NotUtf8);
        body.Headers.ContentType = new("application/json");
        using var response = await system.Gateway.PostAsync(Address("events"), body);
        Assert.Equal(["payload"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_cursor_of_another_list_is_refused()
    {
        var type = $"cursor-{Guid.NewGuid():N}";
        using var stored = await system.Gateway.PostAsync(Address("agents/batch"), Answers.Ndjson(
            $$"""{"name": "a", "type": "{{type}}"}""", $$"""{"name": "b", "type": "{{type}}"}"""));
        await stored.JsonAsync();
        using var page = await system.Gateway.GetAsync(Address($"agents?type={type}&limit=1"));
        var cursor = page.Headers.GetValues("Link").Single().Split("cursor=")[1].Split('>')[0];

        using var response = await system.Gateway.GetAsync(Address($"events?cursor={cursor}"));
        Assert.Equal(["cursor"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("agents/0189aaaa-0000-7000-8000-000000000000", HttpStatusCode.NotFound)]
    [InlineData("events/0189aaaa-0000-7000-8000-000000000000", HttpStatusCode.NotFound)]
    [InlineData("sessions/0189aaaa-0000-7000-8000-000000000000", HttpStatusCode.NotFound)]
    [InlineData("models/nobody", HttpStatusCode.NotFound)]
    [InlineData("services/nobody", HttpStatusCode.NotFound)]
    [InlineData("nothing/here", HttpStatusCode.NotFound)]
    public async Task What_is_not_there_is_a_problem_document_too(string address, HttpStatusCode status)
    {
        using var response = await system.Gateway.GetAsync(Address(address));
        await response.ProblemAsync(status);
    }

    [Fact]
    public async Task A_method_that_an_address_does_not_take_is_told_those_it_takes()
    {
        using var response = await system.Gateway.DeleteAsync(Address("events"));
        await response.ProblemAsync(HttpStatusCode.MethodNotAllowed);
        Assert.Equal(["GET", "POST"], response.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task A_media_type_that_is_not_taken_is_refused()
    {
        using var body = new StringContent("type: x", Encoding.UTF8, "application/yaml");
        using var response = await system.Gateway.PostAsync(Address("events/batch"), body);
        await response.ProblemAsync(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("gzip", HttpStatusCode.BadRequest)]
    [InlineData("zstd", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_body_that_cannot_be_decompressed_is_refused(string encoding, HttpStatusCode status)
    {
        using var body = Answers.Ndjson("""{"type": "x"}""");
        body.Headers.ContentEncoding.Add(encoding);
        using var response = await system.Gateway.PostAsync(Address("events/batch"), body);
        await response.ProblemAsync(status);
    }

    [Theory]
    [InlineData("events")]
    [InlineData("events/batch")]
    public async Task A_body_that_says_it_is_too_large_is_refused(string address)
    {
        using var body = new ByteArrayContent(new byte[TooLarge]);
        body.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(address)) { Content = body };
        request.Headers.ExpectContinue = true; // else the caller may still be sending when the connection closes
        using var response = await system.Gateway.SendAsync(request);
        await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_body_that_becomes_too_large_is_refused()
    {
        // Over HTTP/2, where an answer reaches a caller who is still sending, and the length is not known in advance.
        using var body = new StreamContent(PipeReader.Create(new ReadOnlySequence<byte>(new byte[TooLarge])).AsStream());
        body.Headers.ContentType = new("application/x-ndjson");
        using var response = await system.Secure.PostAsync(Address("events/batch"), body);
        await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_batch_of_too_many_rows_is_refused()
    {
        using var response = await system.Gateway.PostAsync(Address("events/batch"), Answers.Ndjson([.. Enumerable.Repeat("""{"type": "x"}""", 50_001)]));
        Assert.Equal(["body"], await response.ProblemAsync(HttpStatusCode.RequestEntityTooLarge));
    }

    private static Uri Address(string rest) => new($"/api/v1/{rest}", UriKind.Relative);

    private async Task<long> CountAsync()
    {
        await using var count = system.Database.CreateCommand("SELECT count(*) FROM mcp_documents.events");
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
