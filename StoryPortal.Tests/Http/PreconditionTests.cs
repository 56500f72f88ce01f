using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Http;

/// <summary>Conditional writes (RFC 9110 §13): no update is lost between a read and the write that is based on it.</summary>
[Collection(SharedSystem.Name)]
public sealed class PreconditionTests(StoryPortalSystem system) : IAsyncLifetime
{
    private const string Stale = "\"stale\"";

    private readonly HttpClient _api = system.Gateway;
    private readonly string _name = $"precondition-{Guid.NewGuid():N}";

    public static TheoryData<string, string, string?> Writes => new()
    {
        { "agents", "PUT", """{"name": "changed", "type": "t"}""" },
        { "agents", "PATCH", """{"name": "changed"}""" },
        { "agents", "DELETE", null },
        { "sessions", "PUT", """{"type": "changed"}""" },
        { "sessions", "PATCH", """{"type": "changed"}""" },
        { "sessions", "POST /end", null },
        { "models", "PUT", """{"provider": "changed", "model": "m"}""" },
        { "instances", "PUT", """{"url": "http://changed.example"}""" },
        { "instances", "DELETE", null },
        { "api-keys", "POST /rotate", null },
        { "api-keys", "DELETE", null },
    };

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_write_whose_preconditions_fail_changes_nothing(string resource, string write, string? body)
    {
        var address = await CreateAsync(resource);
        var (tag, before) = await ReadAsync(address);

        using var refused = await WriteAsync(address, write, body, ("If-Match", Stale));
        await refused.ProblemAsync(HttpStatusCode.PreconditionFailed);
        using var alsoRefused = await WriteAsync(address, write, body, ("If-None-Match", tag));
        await alsoRefused.ProblemAsync(HttpStatusCode.PreconditionFailed);
        var (tagNow, now) = await ReadAsync(address);
        Assert.Equal((tag, before.GetRawText()), (tagNow, now.GetRawText()));

        // Of several tags one has to match; the weak form of a tag, which is what a compressed response has, counts as well.
        using var done = await WriteAsync(address, write, body, ("If-Match", $"{Stale}, W/{tag}"));
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task If_match_with_an_asterisk_requires_that_the_resource_exists(string resource, string write, string? body)
    {
        var absent = Absent(resource);
        using var refused = await WriteAsync(absent, write, body, ("If-Match", "*"));
        await refused.ProblemAsync(write == "PUT" ? HttpStatusCode.PreconditionFailed : HttpStatusCode.NotFound);
        using var read = await _api.GetAsync(Relative(absent));
        await read.ProblemAsync(HttpStatusCode.NotFound);

        using var done = await WriteAsync(await CreateAsync(resource), write, body, ("If-Match", "*"));
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("agents", """{"name": "n", "type": "t"}""")]
    [InlineData("sessions", """{"type": "t"}""")]
    [InlineData("models", """{"provider": "p", "model": "m"}""")]
    [InlineData("instances", """{"url": "http://one.example"}""")]
    public async Task Of_concurrent_writes_with_if_none_match_one_creates_the_resource(string resource, string body)
    {
        var address = Absent(resource);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var response = await WriteAsync(address, "PUT", body, ("If-None-Match", "*"));
            return response.StatusCode;
        }));
        Assert.Equal([HttpStatusCode.Created, .. Enumerable.Repeat(HttpStatusCode.PreconditionFailed, 7)], statuses.Order());
    }

    [Fact]
    public async Task Concurrent_read_modify_write_cycles_lose_no_update()
    {
        var address = await CreateAsync("agents");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            HttpStatusCode status;
            do
            {
                var (tag, agent) = await ReadAsync(address);
                var count = agent.GetProperty("metadata").TryGetProperty("count", out var value) ? value.GetInt32() : 0;
                using var response = await WriteAsync(
                    address, "PUT", string.Create(CultureInfo.InvariantCulture, $$"""{"name": "n", "type": "t", "metadata": {"count": {{count + 1}} } }"""), ("If-Match", tag));
                status = response.StatusCode;
                Assert.True(status is HttpStatusCode.OK or HttpStatusCode.PreconditionFailed, status.ToString());
            }
            while (status != HttpStatusCode.OK);
        }));
        Assert.Equal(5, (await ReadAsync(address)).Json.GetProperty("metadata").GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("agents", """{"name": "n", "type": "t", "metadata": {"z": 1.0, "a":"2"} }""")]
    [InlineData("sessions", """{"type": "t", "context": {"z": 1.0, "a":"2"} }""")]
    [InlineData("models", """{"provider": "p", "model": "m", "parameters": {"z": 1.0, "a":"2"} }""")]
    [InlineData("instances", """{"url": "http://one.example", "metadata": {"z": 1.0, "a":"2"} }""")]
    public async Task A_write_that_returns_the_resource_carries_the_etag_of_a_read(string resource, string body)
    {
        var address = Absent(resource);
        using var put = await WriteAsync(address, "PUT", body);
        await put.JsonAsync(HttpStatusCode.Created);
        Assert.Equal((await ReadAsync(address)).Tag, put.Headers.ETag?.ToString());
        if (resource is "agents" or "sessions")
        {
            using var posted = await _api.PostAsync(Relative($"/v1/{resource}"), Answers.Json(body));
            await posted.JsonAsync(HttpStatusCode.Created);
            Assert.Equal((await ReadAsync(posted.Headers.Location!.OriginalString)).Tag, posted.Headers.ETag?.ToString());
            for (var i = 0; i < 2; i++)
            {
                using var keyed = await SendAsync(HttpMethod.Post, $"/v1/{resource}", body, ("Idempotency-Key", _name));
                await keyed.JsonAsync(HttpStatusCode.Created);
                Assert.Equal((await ReadAsync(keyed.Headers.Location!.OriginalString)).Tag, keyed.Headers.ETag?.ToString());
            }

            using var patched = await WriteAsync(address, "PATCH", """{"type": "changed"}""", ("If-Match", put.Headers.ETag!.ToString()));
            await patched.JsonAsync();
            Assert.Equal((await ReadAsync(address)).Tag, patched.Headers.ETag?.ToString());
        }
    }

    [Theory]
    [InlineData("If-Match", "stale")]
    [InlineData("If-Match", "\"half")]
    [InlineData("If-None-Match", "none")]
    public async Task A_malformed_precondition_is_refused_by_name(string header, string value)
    {
        var address = await CreateAsync("agents");
        using var response = await WriteAsync(address, "DELETE", null, (header, value));
        Assert.Equal([header], await response.ProblemAsync(HttpStatusCode.BadRequest));
        await ReadAsync(address);
    }

    [Fact]
    public async Task Each_request_of_a_batch_has_preconditions_of_its_own()
    {
        var address = await CreateAsync("agents");
        var tag = JsonEncodedText.Encode((await ReadAsync(address)).Tag);
        using var response = await _api.PostAsync(Relative("/v1/batch"), Answers.Json($$"""
            [{"method": "PATCH", "path": "{{address}}", "headers": {"If-Match": "\"stale\""}, "body": {"name": "stale"} },
             {"method": "PUT", "path": "{{address}}", "headers": {"If-None-Match": "*"}, "body": {"name": "stale", "type": "t"} },
             {"method": "PATCH", "path": "{{address}}", "headers": {"If-Match": "{{tag}}"}, "body": {"name": "changed"} }]
            """));
        var results = (await response.JsonAsync()).GetProperty("results");
        Assert.Equal([412, 412, 200], results.EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
        Assert.Equal((await ReadAsync(address)).Tag, results[2].GetProperty("headers").GetProperty("ETag").GetString());
    }

    [Fact]
    public async Task Codings_share_a_weak_etag_that_304_repeats_and_if_match_accepts()
    {
        var address = Absent("agents");
        using var created = await WriteAsync(address, "PUT", $$"""{"name": "n", "type": "t", "metadata": {"text": "{{new string('x', 2000)}}"} }""");
        await created.JsonAsync(HttpStatusCode.Created);

        var plain = (await ReadAsync(address)).Tag;
        Assert.StartsWith("\"", plain, StringComparison.Ordinal);
        foreach (var (method, coding) in new[] { (HttpMethod.Get, "br"), (HttpMethod.Get, "gzip"), (HttpMethod.Head, "br") })
        {
            using var compressed = await SendAsync(method, address, null, ("Accept-Encoding", coding));
            Assert.Equal(HttpStatusCode.OK, compressed.StatusCode);
            Assert.Equal($"W/{plain}", compressed.Headers.ETag?.ToString());
            Assert.Contains("Accept-Encoding", compressed.Headers.Vary);
        }

        foreach (var (coding, expected) in new[] { ("br", $"W/{plain}"), ("identity", plain) })
        {
            foreach (var known in new[] { plain, $"W/{plain}" })
            {
                using var same = await SendAsync(HttpMethod.Get, address, null, ("Accept-Encoding", coding), ("If-None-Match", known));
                Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
                Assert.Equal(expected, same.Headers.ETag?.ToString());
                Assert.Contains("Accept-Encoding", same.Headers.Vary);
            }
        }

        using var patched = await SendAsync(HttpMethod.Patch, address, """{"name": "changed"}""", ("Accept-Encoding", "br"), ("If-Match", $"W/{plain}"));
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
        Assert.Equal($"W/{(await ReadAsync(address)).Tag}", patched.Headers.ETag?.ToString());
    }

    [Theory]
    [InlineData("/v1/services?limit=1000")]
    [InlineData("/v1/agents?limit=1000")]
    [InlineData("/")]
    [InlineData("/page/format.js")]
    public async Task Every_response_with_an_etag_varies_by_accept_encoding(string address)
    {
        await CreateAsync("instances");
        foreach (var coding in new[] { "br", "identity" })
        {
            using var first = await SendAsync(HttpMethod.Get, address, null, ("Accept-Encoding", coding));
            var tag = first.Headers.ETag!;
            Assert.Equal((HttpStatusCode.OK, coding == "br"), (first.StatusCode, tag.IsWeak));
            using var again = await SendAsync(HttpMethod.Get, address, null, ("Accept-Encoding", coding), ("If-None-Match", tag.ToString()));
            Assert.Equal((HttpStatusCode.NotModified, tag), (again.StatusCode, again.Headers.ETag));
            Assert.Contains("Accept-Encoding", first.Headers.Vary);
            Assert.Contains("Accept-Encoding", again.Headers.Vary);
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _api.DeregisterAllAsync(_name);

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private async Task<(string Tag, JsonElement Json)> ReadAsync(string address)
    {
        using var response = await _api.GetAsync(Relative(address));
        return (Assert.IsType<EntityTagHeaderValue>(response.Headers.ETag).ToString(), await response.JsonAsync());
    }

    private string Absent(string resource) => resource switch
    {
        "models" => $"/v1/models/{_name}-{Guid.NewGuid():N}",
        "instances" => $"/v1/services/{_name}/instances/{Guid.NewGuid():N}",
        "api-keys" => $"/v1/admin/api-keys/{Guid.NewGuid()}",
        _ => $"/v1/{resource}/{Guid.NewGuid()}",
    };

    private async Task<string> CreateAsync(string resource)
    {
        if (resource == "api-keys")
        {
            using var key = await _api.PostAsync(Relative("/v1/admin/api-keys"), Answers.Json($$"""{"name": "{{_name}}", "scopes": ["read"]}"""));
            await key.JsonAsync(HttpStatusCode.Created);
            return key.Headers.Location!.OriginalString;
        }

        var address = Absent(resource);
        using var created = await WriteAsync(address, "PUT", resource switch
        {
            "models" => """{"provider": "p", "model": "m"}""",
            "instances" => """{"url": "http://one.example"}""",
            "sessions" => """{"type": "t"}""",
            _ => """{"name": "n", "type": "t"}""",
        });
        await created.JsonAsync(HttpStatusCode.Created);
        return address;
    }

    private Task<HttpResponseMessage> WriteAsync(string address, string write, string? body, params (string Name, string Value)[] headers)
    {
        var (method, rest) = write.Split(' ') is [var first, var second] ? (first, second) : (write, "");
        return SendAsync(HttpMethod.Parse(method), address + rest, body, headers);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Relative(address)) { Content = body is null ? null : Answers.Json(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _api.SendAsync(request);
    }
}
