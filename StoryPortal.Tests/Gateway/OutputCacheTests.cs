using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Which responses the gateway caches, under which key, and what its callers get.</summary>
public sealed class OutputCacheTests(OutputCacheTests.CachingGateway caching) : IClassFixture<OutputCacheTests.CachingGateway>
{
    private readonly string _tag = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_parameter_that_no_route_names_reaches_the_hub_and_is_part_of_the_key()
    {
        await IsCachedAsync();
        Assert.Equal(("MISS", "new_filter=a"), await ReadAsync($"/v1/services?tag={_tag}&new_filter=a"));
        Assert.Equal(("MISS", "new_filter=b"), await ReadAsync($"/v1/services?tag={_tag}&new_filter=b"));
        Assert.Equal(("HIT", "new_filter=a"), await ReadAsync($"/v1/services?tag={_tag}&new_filter=a"));
        Assert.Equal(("MISS", "new_filter=A"), await ReadAsync($"/v1/services?tag={_tag}&new_filter=A"));

        async Task<(string State, string? Parameter)> ReadAsync(string address)
        {
            using var response = await GetAsync(address);
            var query = (await response.JsonAsync())[0].GetProperty("query").GetString()!;
            return (State(response), query.Split('?', '&').Single(parameter => parameter.StartsWith("new_filter", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("status=no-store")]
    [InlineData("status=stale")]
    [InlineData("status=cookie")]
    [InlineData("status=404")]
    public async Task A_response_that_may_not_be_stored_is_fetched_each_time(string query)
    {
        await IsCachedAsync();
        for (var i = 1; i <= 3; i++)
        {
            using var response = await GetAsync($"/v1/services?tag={_tag}&{query}");
            Assert.Equal(i, caching.Fetches($"?tag={_tag}&{query}"));
        }
    }

    [Fact]
    public async Task A_conditional_request_fills_the_cache_and_gets_304_from_it()
    {
        await IsCachedAsync();
        var address = $"/v1/services?tag={_tag}&layer=conditional";
        using var filled = await GetAsync(address, ("If-None-Match", "\"one\""));
        Assert.Equal((HttpStatusCode.OK, "MISS"), (filled.StatusCode, State(filled)));
        foreach (var condition in (string[])["\"one\"", "W/\"one\"", "\"other\", \"one\"", "*"])
        {
            using var known = await GetAsync(address, ("If-None-Match", condition));
            Assert.Equal((HttpStatusCode.NotModified, "HIT"), (known.StatusCode, State(known)));
            Assert.Equal("\"one\"", known.Headers.ETag?.ToString());
            Assert.Contains("Accept-Encoding", known.Headers.Vary);
            Assert.Empty(await known.Content.ReadAsByteArrayAsync());
        }

        using var other = await GetAsync(address, ("If-None-Match", "\"other\""), ("If-Modified-Since", DateTimeOffset.UtcNow.AddDays(1).ToString("R")));
        Assert.Equal((HttpStatusCode.OK, "HIT"), (other.StatusCode, State(other)));
        await other.JsonAsync();
        Assert.Equal(1, caching.Fetches($"?tag={_tag}&layer=conditional"));
    }

    [Fact]
    public async Task No_cache_fetches_the_response_again_and_stores_it()
    {
        await IsCachedAsync();
        var address = $"/v1/services?tag={_tag}&layer=fresh";
        foreach (var (control, state, fetches) in (ValueTuple<string?, string, int>[])[(null, "MISS", 1), (null, "HIT", 1), ("no-cache", "MISS", 2), (null, "HIT", 2)])
        {
            using var response = control is null ? await GetAsync(address) : await GetAsync(address, ("Cache-Control", control));
            Assert.Equal((state, fetches), (State(response), (await response.JsonAsync())[0].GetProperty("fetch").GetInt32()));
        }
    }

    [Fact]
    public async Task A_cached_response_has_the_headers_of_its_own_request()
    {
        await IsCachedAsync();
        var address = $"/v1/services?tag={_tag}&layer=headers";
        using var first = await GetAsync(address, ("X-Request-Id", "first"), ("Origin", "https://one.example"));
        var limited = ApiKeyFormat.Create();
        caching.Hub.Keys[limited] = new ApiKeyIdentity(Guid.NewGuid(), "limited", [Scope.Read], 1234);
        using var second = await caching.Gateway.GetAsync(address, limited, ("X-Request-Id", "second"), ("Origin", "https://other.example"));
        Assert.Equal(("MISS", "HIT"), (State(first), State(second)));
        Assert.Equal("second", second.Headers.GetValues("X-Request-Id").Single());
        Assert.Equal("https://other.example", second.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.NotEqual(first.Headers.GetValues("traceparent").Single(), second.Headers.GetValues("traceparent").Single());
        Assert.Equal("1234", second.Headers.GetValues("RateLimit-Limit").Single());

        Assert.NotNull(second.Headers.Age);
        Assert.False(second.Headers.Contains("X-Route"));
        Assert.Equal(
            first.Headers.Select(header => header.Key).Append("Age").Where(header => header != "Transfer-Encoding").Order(StringComparer.Ordinal),
            second.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_content_coding_is_cached_by_itself_whatever_its_callers_accept()
    {
        await IsCachedAsync();
        foreach (var accepted in (string[])["br;q=0, *", "gzip", "gzip;q=0.1, br;q=0", "identity;q=1, br;q=0.5", "br", "br;q=0, gzip;q=0", "identity"])
        {
            using var response = await GetAsync($"/v1/services?tag={_tag}&layer=coding", ("Accept-Encoding", accepted));
            var body = await response.Content.ReadAsStreamAsync();
            var coding = response.Content.Headers.ContentEncoding.SingleOrDefault();
            Assert.True(coding is null || (coding == "br" ? !accepted.Contains("br;q=0,", StringComparison.Ordinal) && accepted != "gzip" : coding == "gzip" && accepted != "br"), $"{accepted}: {coding}");
            await using var plain = coding switch { "br" => new BrotliStream(body, CompressionMode.Decompress), "gzip" => new GZipStream(body, CompressionMode.Decompress), _ => body };
            Assert.StartsWith("[{", await new StreamReader(plain).ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_response_that_was_fetched_before_a_write_is_not_found_after_it()
    {
        await IsCachedAsync();
        var address = $"/v1/services?tag={_tag}&layer=gate";
        var before = GetAsync(address);
        await Eventually.TrueAsync(() => Task.FromResult(caching.Fetches($"?tag={_tag}&layer=gate") == 1));
        using var written = await caching.Gateway.SendAsync(HttpMethod.Put, "/v1/services/a/instances/b", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.NoContent, written.StatusCode);

        var after = GetAsync(address);
        await Eventually.TrueAsync(() => Task.FromResult(caching.Fetches($"?tag={_tag}&layer=gate") == 2));
        caching.Gate.Release(2);
        using var first = await before;
        using var second = await after;
        Assert.Equal(2, (await second.JsonAsync())[0].GetProperty("fetch").GetInt32());
        using var third = await GetAsync(address);
        Assert.Equal(("HIT", 2), (State(third), (await third.JsonAsync())[0].GetProperty("fetch").GetInt32()));
    }

    [Theory]
    [InlineData(CachingGateway.MaximumBodySize / 2)]
    [InlineData(CachingGateway.MaximumBodySize + 1)]
    public async Task Concurrent_callers_get_the_whole_response(int bytes)
    {
        await IsCachedAsync();
        var query = $"?tag={_tag}&layer=gate&limit={bytes}";
        var callers = Enumerable.Range(0, 20).Select(_ => GetAsync("/v1/services" + query, ("Accept-Encoding", "identity"))).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(caching.Fetches(query) > 0));
        caching.Gate.Release(20);
        foreach (var caller in callers)
        {
            using var response = await caller;
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.InRange((await response.Content.ReadAsByteArrayAsync()).Length, bytes, int.MaxValue);
        }

        while (caching.Gate.Wait(0, CancellationToken.None))
        {
        }
    }

    [Fact]
    public async Task A_first_caller_that_leaves_or_does_not_read_delays_no_other()
    {
        await IsCachedAsync();
        var query = $"?tag={_tag}&layer=gate&limit={CachingGateway.MaximumBodySize - 10_000}";
        using var slow = new TcpClient { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(IPAddress.Loopback, caching.Gateway.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/services{query} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\n\r\n"));
        await Eventually.TrueAsync(() => Task.FromResult(caching.Fetches(query) == 1));
        var other = GetAsync("/v1/services" + query);
        caching.Gate.Release(2);
        using var response = await other.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.InRange((await response.Content.ReadAsByteArrayAsync()).Length, CachingGateway.MaximumBodySize / 2, int.MaxValue);

        var left = $"?tag={_tag}&layer=gate&version=left";
        using var leaves = new CancellationTokenSource();
        var first = caching.Gateway.Admin.GetAsync(new Uri("/v1/services" + left, UriKind.Relative), leaves.Token);
        await Eventually.TrueAsync(() => Task.FromResult(caching.Fetches(left) == 1));
        var second = GetAsync("/v1/services" + left);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        caching.Gate.Release(2);
        using var whole = await second;
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        await whole.JsonAsync();
        while (caching.Gate.Wait(0, CancellationToken.None))
        {
        }
    }

    [Theory]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task A_response_that_breaks_off_is_not_stored(string accepted)
    {
        await IsCachedAsync();
        var query = $"?tag={_tag}&layer=breaks";
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => GetAsync("/v1/services" + query, ("Accept-Encoding", accepted)));
        using var whole = await GetAsync("/v1/services" + query, ("Accept-Encoding", accepted));
        Assert.Equal("MISS", State(whole));
        using var plain = await GetAsync("/v1/services" + query);
        await plain.JsonAsync();
    }

    [Fact]
    public async Task A_stream_is_never_cached()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/services/watch?stream");
        request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
        using var response = await caching.Gateway.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: one", await reader.ReadLineAsync());
        Assert.False(response.Headers.Contains("X-Cache"));
    }

    // Without Redis, or before the gateway trusts it, versions end each second.
    private Task IsCachedAsync() => Eventually.TrueAsync(async () =>
    {
        using var response = await GetAsync($"/v1/services?tag={_tag}&layer=warm");
        return response.Headers.Age > TimeSpan.FromSeconds(1);
    });

    private Task<HttpResponseMessage> GetAsync(string address, params (string Name, string Value)[] headers) =>
        caching.Gateway.GetAsync(address, GatewayProcess.AdminKey, headers);

    private static string State(HttpResponseMessage response) => response.Headers.GetValues("X-Cache").Single();

    /// <summary>A gateway with Redis, in front of a hub that counts what is fetched.</summary>
    public sealed class CachingGateway : IAsyncLifetime
    {
        internal const int MaximumBodySize = 16 * 1024 * 1024;

        private readonly ConcurrentDictionary<string, int> _fetches = new();
        private RedisServer _redis = null!;
        private FakeHub _hub = null!;

        internal FakeHub Hub => _hub;

        internal GatewayProcess Gateway { get; private set; } = null!;

        /// <summary>Opens for one request of layer <c>gate</c>.</summary>
        internal SemaphoreSlim Gate { get; } = new(0);

        public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

        public async Task DisposeAsync()
        {
            await Fixtures.DisposeAllAsync(Gateway, _hub, _redis);
            Gate.Dispose();
        }

        /// <summary>Requests that the hub has received for a query.</summary>
        internal int Fetches(string query) => _fetches.GetValueOrDefault(query);

        private async Task StartAsync()
        {
            _redis = await RedisServer.StartAsync();
            _hub = await FakeHub.StartAsync(app =>
            {
                app.MapGet("/v1/services", ServeAsync);
                app.MapPut("/v1/services/{**rest}", () => TypedResults.NoContent());
                app.MapGet("/v1/services/watch", async (HttpContext context) =>
                {
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.WriteAsync("data: one\n\n", context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                });
            });
            Gateway = await GatewayProcess.StartAsync(
                [_hub],
                $"--ConnectionStrings:redis={_redis.Address}",
                $"--OutputCache:MaximumBodySize={MaximumBodySize}",
                "--OutputCache:DefaultExpirationTimeSpan=00:10:00",
                "--OutputCache:HeartbeatTimeout=00:00:30",
                "--OutputCache:AcknowledgementTimeout=00:00:10",
                "--ReverseProxy:Routes:services-watch:OutputCachePolicy=services",
                "--Cors:Origins=https://one.example,https://other.example");
        }

        private async Task ServeAsync(HttpContext context)
        {
            var (query, response) = (context.Request.QueryString.Value!, context.Response);
            var fetch = _fetches.AddOrUpdate(query, 1, (_, before) => before + 1);
            var parameters = context.Request.Query;
            if (parameters["layer"] == "gate")
            {
                await Gate.WaitAsync(context.RequestAborted);
            }

            response.ContentType = "application/json";
            response.Headers.ETag = "\"one\"";
            response.Headers["X-Route"] = "/v1/services";
            switch (parameters["status"].ToString())
            {
                case "no-store":
                    response.Headers.CacheControl = "no-store";
                    break;
                case "stale":
                    response.Headers["X-Cache"] = "STALE";
                    break;
                case "cookie":
                    response.Headers.SetCookie = "a=b";
                    break;
                case "404":
                    response.StatusCode = StatusCodes.Status404NotFound;
                    break;
            }

            var padding = int.TryParse(parameters["limit"], out var bytes) ? bytes : 2000;
            if (parameters["layer"] == "breaks" && fetch == 1)
            {
                await response.WriteAsync(new string('[', 200_000));
                await response.Body.FlushAsync();
                context.Abort();
                return;
            }

            await response.WriteAsync($$"""[{"query": "{{query.Replace("\"", "", StringComparison.Ordinal)}}", "fetch": {{fetch}}, "padding": "{{new string('x', padding)}}"}]""");
        }
    }
}
