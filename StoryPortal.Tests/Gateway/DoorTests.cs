using System.Globalization;
using System.Net;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;
using StoryPortal.Tests.Security;

namespace StoryPortal.Tests.Gateway;

/// <summary>What the gateway lets in and sends out, outside Development, in front of a hub of the test's own.</summary>
public sealed class DoorTests(Door door) : IClassFixture<Door>
{
    private readonly FakeHub _hub = door.Hub;
    private readonly GatewayProcess _gateway = door.Gateway;
    private readonly string _reader = door.Reader;

    [Fact]
    public async Task Without_a_key_nothing_is_served_but_health_the_page_and_the_documents()
    {
        foreach (var path in (string[])["/v1/services", "/v1/agents", "/api/v1/agents", "/v1/admin/jobs", "/internal/services/a/instances/b", "/metrics", "/nothing"])
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete])
            {
                using var refused = await _gateway.SendAsync(method, path);
                Assert.True(refused.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path}: {refused.StatusCode}");
            }
        }

        using var guess = await _gateway.GetAsync("/v1/services", "sp_guess");
        await guess.ProblemAsync(HttpStatusCode.Unauthorized);
        using var made = await _gateway.GetAsync("/v1/services", ApiKeyFormat.Create());
        await made.ProblemAsync(HttpStatusCode.Unauthorized);

        foreach (var path in (string[])["/health", "/health/live", "/health/ready", "/health/startup", "/alive", "/docs"])
        {
            using var open = await _gateway.GetAsync(path);
            Assert.True(open.StatusCode == HttpStatusCode.OK, $"{path}: {open.StatusCode}");
        }
    }

    [Fact]
    public async Task A_key_opens_what_its_scopes_say()
    {
        using var read = await _gateway.GetAsync("/v1/size/10", _reader);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var batch = await _gateway.SendAsync(HttpMethod.Post, "/v1/batch", _reader);
        Assert.Equal(HttpStatusCode.NotFound, batch.StatusCode); // the test's hub has none; the gateway let it through
        using var write = await _gateway.SendAsync(HttpMethod.Post, "/v1/agents", _reader);
        await write.ProblemAsync(HttpStatusCode.Forbidden);
        using var admin = await _gateway.GetAsync("/v1/admin/jobs", _reader);
        await admin.ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Contains("admin", admin.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(999, "br, gzip", null)]
    [InlineData(1000, "br, gzip", "br")]
    [InlineData(1000, "gzip", "gzip")]
    [InlineData(1000, "gzip, br;q=0", "gzip")]
    [InlineData(1000, "identity", null)]
    [InlineData(1000, null, null)]
    public async Task Answers_of_a_thousand_bytes_and_more_are_compressed_for_callers_who_can_read_it(int bytes, string? accepted, string? expected)
    {
        using var plain = accepted is null ? await _gateway.GetAsync($"/v1/size/{bytes}", _reader) : await _gateway.GetAsync($"/v1/size/{bytes}", _reader, ("Accept-Encoding", accepted));
        Assert.Equal(expected, plain.Content.Headers.ContentEncoding.SingleOrDefault());

        using var secure = _gateway.CreateSecureClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/size/{bytes}");
        request.Headers.Add("X-API-Key", _reader);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        using var response = await secure.SendAsync(request);
        Assert.Equal(expected, response.Content.Headers.ContentEncoding.SingleOrDefault());
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("deflate", null)]
    public async Task A_cached_response_is_sent_in_a_coding_that_its_caller_accepts(string accepted, string? expected)
    {
        using var first = await _gateway.GetAsync("/v1/services", _reader, ("Accept-Encoding", accepted));
        using var second = await _gateway.GetAsync("/v1/services/", _reader, ("Accept-Encoding", accepted));
        using var other = await _gateway.GetAsync("/v1/services", _reader);
        Assert.Equal(expected, first.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal(expected, second.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(), await second.Content.ReadAsByteArrayAsync());
        await other.JsonAsync();
        Assert.Contains("Accept-Encoding", second.Headers.Vary);
    }

    [Fact]
    public async Task A_response_is_cached_by_its_parameters_and_evicted_before_the_response_to_a_write()
    {
        async Task<string> StateAsync(string path)
        {
            using var response = await _gateway.GetAsync(path, GatewayProcess.AdminKey);
            await response.JsonAsync();
            return response.Headers.GetValues("X-Cache").Single();
        }

        await Eventually.TrueAsync(async () => await StateAsync("/v1/services?tag=a&x=1") == "MISS" && await StateAsync("/v1/services?tag=a&x=1") == "HIT");
        Assert.Equal("MISS", await StateAsync("/v1/services?tag=b"));

        using var written = await _gateway.SendAsync(HttpMethod.Put, "/v1/services/a/instances/b", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.NoContent, written.StatusCode);
        Assert.Equal("MISS", await StateAsync("/v1/services?tag=a"));

        // A batch evicts it where it has written services, and only there. Between two requests a second may pass, without Redis.
        await Eventually.TrueAsync(async () =>
        {
            await StateAsync("/v1/services?tag=a");
            using var read = await _gateway.SendAsync(HttpMethod.Post, "/v1/batch?does=read", GatewayProcess.AdminKey);
            Assert.False(read.Headers.Contains("X-Changes"));
            return await StateAsync("/v1/services?tag=a") == "HIT";
        });
        using var batch = await _gateway.SendAsync(HttpMethod.Post, "/v1/batch?does=write", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.OK, batch.StatusCode);
        Assert.Equal("MISS", await StateAsync("/v1/services?tag=a"));

        using var refused = await _gateway.GetAsync("/v1/services?tag=a");
        await refused.ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_caller_that_has_the_response_gets_304()
    {
        // Between two requests a second may pass, after which the response is fetched again.
        await Eventually.TrueAsync(async () =>
        {
            using var response = await _gateway.GetAsync("/v1/services", _reader);
            using var known = await _gateway.GetAsync("/v1/services", _reader, ("If-None-Match", "\"one\""));
            return known.StatusCode == HttpStatusCode.NotModified && known.Headers.ETag?.ToString() == "\"one\"";
        });
    }

    [Fact]
    public async Task Every_answer_carries_its_ids_and_what_browsers_need_to_know()
    {
        foreach (var (path, key, status) in ((string, string?, HttpStatusCode)[])
            [("/v1/size/10", _reader, HttpStatusCode.OK), ("/v1/agents", null, HttpStatusCode.Unauthorized), ("/v1/broken", _reader, HttpStatusCode.BadGateway), ("/health", null, HttpStatusCode.OK)])
        {
            using var response = await _gateway.GetAsync(path, key, ("X-Request-Id", "my-id.1"));
            Assert.Equal(status, response.StatusCode);
            Assert.Equal("my-id.1", response.Headers.GetValues("X-Request-Id").Single());
            Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", response.Headers.GetValues("traceparent").Single());
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("timeout=5", response.Headers.GetValues("Keep-Alive").Single()); // or a caller may send into a connection that is being closed
            Assert.False(response.Headers.Contains("Server"));
            var body = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("127.0.0.1", body, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("has spaces")]
    [InlineData("<script>")]
    public async Task An_id_that_is_none_is_replaced(string id)
    {
        using var response = await _gateway.GetAsync("/v1/size/10", _reader, ("X-Request-Id", id));
        Assert.Matches("^[0-9a-f]{16}$", response.Headers.GetValues("X-Request-Id").Single());
    }

    [Fact]
    public async Task What_a_caller_says_of_its_address_is_not_passed_on()
    {
        using var response = await _gateway.GetAsync("/v1/echo", _reader, ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil.example"));
        var headers = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("1.2.3.4", headers, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", headers, StringComparison.Ordinal);
        Assert.Contains("X-Request-Id", headers, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("https://portal.example", true)]
    [InlineData("https://evil.example", false)]
    public async Task Only_pages_of_configured_origins_may_ask(string origin, bool allowed)
    {
        using var response = await _gateway.SendAsync(HttpMethod.Options, "/v1/agents", null, ("Origin", origin), ("Access-Control-Request-Method", "POST"));
        Assert.Equal(allowed, response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/v1/size/10", HttpStatusCode.OK)]
    [InlineData("/v1/services", HttpStatusCode.OK)]
    [InlineData("/v1/nothing", HttpStatusCode.NotFound)]
    public async Task A_page_of_a_configured_origin_can_read_every_header_of_the_api(string path, HttpStatusCode status)
    {
        using var response = await _gateway.GetAsync(path, _reader, ("Origin", "https://portal.example"));
        Assert.Equal(status, response.StatusCode);
        var exposed = response.Headers.GetValues("Access-Control-Expose-Headers").SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries)).ToList();
        Assert.All(
            (string[])["Idempotency-Replayed", "Retry-After", "Link", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "ETag", "Location", "X-Cache", "X-Request-Id", "WWW-Authenticate"],
            name => Assert.Contains(name, exposed));
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("h2c")]
    public async Task An_upgrade_that_is_not_there_is_ignored(string protocol)
    {
        var answer = await RawRequests.SendAsync(
            _gateway.Port,
            $"GET /v1/size/10 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {_reader}\r\nConnection: Upgrade, close\r\nUpgrade: {protocol}\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_header_that_is_empty_presents_no_key()
    {
        using var bearer = await _gateway.GetAsync("/v1/size/10", null, ("X-API-Key", ""), ("Authorization", $"Bearer {_reader}"));
        Assert.Equal(HttpStatusCode.OK, bearer.StatusCode);
        using var key = await _gateway.GetAsync("/v1/size/10", _reader, ("Authorization", "Bearer "));
        Assert.Equal(HttpStatusCode.OK, key.StatusCode);
        using var none = await _gateway.GetAsync("/v1/size/10", null, ("X-API-Key", ""), ("Authorization", "Bearer "));
        await none.ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_caller_that_asks_too_often_hears_when_to_come_again_and_others_do_not_suffer()
    {
        var key = ApiKeyFormat.Create();
        _hub.Keys[key] = new ApiKeyIdentity(Guid.NewGuid(), "eager", [Scope.Read], RequestsPerMinute: 3);
        var reset = 0;
        for (var i = 0; i < 3; i++)
        {
            using var taken = await _gateway.GetAsync("/v1/size/10", key);
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
            Assert.Equal("3", taken.Headers.GetValues("RateLimit-Limit").Single());
            Assert.Equal($"{2 - i}", taken.Headers.GetValues("RateLimit-Remaining").Single());
            reset = int.Parse(taken.Headers.GetValues("RateLimit-Reset").Single(), CultureInfo.InvariantCulture);
        }

        using var refused = await _gateway.GetAsync("/v1/size/10", key);
        await refused.ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, reset); // no later than was said before

        using var other = await _gateway.GetAsync("/v1/size/10", _reader);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }
}
