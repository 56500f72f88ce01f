using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>Nobody decides what others are given from what is kept. With a system of its own: it lists all services there are.</summary>
[Collection(SharedSystem.Name)]
public sealed class SharedAnswerTests(ProductionSystem system) : IClassFixture<ProductionSystem>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        foreach (var name in (string[])["shop", "stock", "store"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri($"/v1/services/{name}/instances/1", UriKind.Relative)) { Content = Answers.Json("""{"url": "http://127.0.0.1:1", "lease_seconds": 3600}""") };
            using var registered = await system.Gateway.Admin.SendAsync(request);
            Assert.True(registered.IsSuccessStatusCode);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("limit=2&evil=1", "")]
    [InlineData("evil=1&limit=2", "")]
    [InlineData("limit=2&Cursor=&x=%0d%0aSet-Cookie:%20evil", "")]
    [InlineData("LIMIT=2", "")]
    [InlineData("limit=1&limit=2", "")]
    [InlineData("limit=2", "Host: evil.example\r\n")]
    [InlineData("limit=2", "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: evil\r\nX-Forwarded-Prefix: /evil\r\nForwarded: host=evil.example\r\n")]
    [InlineData("limit=2", "X-Original-URL: /v1/admin/api-keys\r\nX-Rewrite-URL: /v1/admin/api-keys\r\nX-HTTP-Method-Override: DELETE\r\n")]
    [InlineData("limit=2", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n")]
    [InlineData("limit=2", "If-Match: \"x\"\r\nIf-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\nIf-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n")]
    [InlineData("limit=2", "Accept: text/html\r\nAccept-Language: evil\r\nAccept-Encoding: evil, gzip;q=0\r\nCookie: evil=1\r\n")]
    [InlineData("limit=2", "If-None-Match: *\r\nCache-Control: no-cache, evil\r\nX-Request-Id: evil\r\n")]
    public async Task What_one_caller_asks_with_is_not_in_the_answer_to_others(string query, string headers)
    {
        // Whatever is kept is ended, so that the first to ask is the one who means no good.
        using var flushed = await system.Gateway.Admin.PostAsync(new Uri("/v1/admin/cache/flush", UriKind.Relative), null);
        Assert.True(flushed.IsSuccessStatusCode);
        var host = headers.StartsWith("Host", StringComparison.Ordinal) ? "" : "Host: localhost\r\n";
        await RawRequests.SendAsync(
            system.Gateway.Port, $"GET /v1/services?{query} HTTP/1.1\r\n{host}X-API-Key: {GatewayProcess.AdminKey}\r\nConnection: close\r\n{headers}\r\n");

        for (var i = 0; i < 2; i++)
        {
            using var response = await system.Gateway.Admin.GetAsync(new Uri("/v1/services?limit=2", UriKind.Relative));
            Assert.Equal(["shop", "stock"], (await response.JsonAsync()).EnumerateArray().Select(service => service.GetProperty("name").GetString()));
            Assert.Matches("^</v1/services\\?limit=2&cursor=[A-Za-z0-9_-]+>; rel=\"next\"$", response.Headers.GetValues("Link").Single());
            Assert.DoesNotContain("evil", response.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.Null(response.Content.Headers.ContentRange);
        }
    }

    [Theory]
    [InlineData("/v1/services")]
    [InlineData("/v1/agents")]
    [InlineData("/v1/events?limit=1")]
    [InlineData("/v1/admin/api-keys")]
    [InlineData("/v1/nothing")]
    public async Task No_cache_on_the_way_may_give_it_to_others(string path)
    {
        for (var i = 0; i < 2; i++)
        {
            using var response = await system.Gateway.Admin.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(response.Headers.CacheControl is { Private: true } or { NoStore: true }, response.ToString());
        }
    }
}
