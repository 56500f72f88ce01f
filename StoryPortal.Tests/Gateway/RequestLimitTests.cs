using System.Net;
using Microsoft.AspNetCore.Builder;
using StoryPortal.Tests.Running;
using StoryPortal.Tests.Security;

namespace StoryPortal.Tests.Gateway;

/// <summary>The hub accepts whatever the gateway accepts: the gateway alone says that a target or headers are too large, and no hub's health suffers.</summary>
[Collection(SharedSystem.Name)]
public sealed class RequestLimitTests(SharedProduction production) : IClassFixture<SharedProduction>
{
    private readonly ProductionSystem _system = production.System;

    [Theory]
    [InlineData(8172, "404")]
    [InlineData(8175, "404")]
    [InlineData(8177, "404")]
    [InlineData(8178, "414")]
    [InlineData(12_000, "414")]
    [InlineData(20_000, "414")] // beyond what the gateway reads: Kestrel's own
    public async Task A_target_is_as_long_as_the_gateway_allows(int bytes, string expected)
    {
        Assert.Equal(expected, await StatusAsync(_system.Gateway, "/v1/" + new string('x', bytes - 4)));
        await AssertHealthyAsync(_system.Gateway);
    }

    [Fact]
    public async Task A_target_may_be_three_times_as_long_once_it_is_encoded()
    {
        Assert.Equal("200", await StatusAsync(_system.Gateway, "/docs/" + new string('|', 3000)));
        Assert.Equal("200", await StatusAsync(_system.Gateway, "/docs/" + new string('|', 8171)));
        await AssertHealthyAsync(_system.Gateway);
    }

    [Theory]
    [InlineData(32_500, "200")]
    [InlineData(32_600, "200")]
    [InlineData(33_280, "431")]
    [InlineData(60_000, "431")]
    public async Task Headers_are_as_large_as_the_gateway_allows(int bytes, string expected)
    {
        Assert.Equal(expected, await StatusAsync(_system.Gateway, "/v1/models", $"X-Large: {new string('x', bytes - "Host: localhost".Length - GatewayProcess.AdminKey.Length - 50)}\r\n"));
        Assert.Equal(expected, await StatusAsync(_system.Gateway, "/v1/models", HeadersOf(90, (bytes - 250) / 90)));
        await AssertHealthyAsync(_system.Gateway);
    }

    [Theory]
    [InlineData(97, "200")]
    [InlineData(98, "200")]
    [InlineData(99, "200")]
    [InlineData(100, "200")]
    [InlineData(101, "431")]
    public async Task There_are_as_many_headers_as_the_gateway_allows(int count, string expected)
    {
        Assert.Equal(expected, await StatusAsync(_system.Gateway, "/v1/models", HeadersOf(count - 3, 20))); // beside Host, X-API-Key and Connection
        await AssertHealthyAsync(_system.Gateway);
    }

    [Fact]
    public async Task Limits_that_are_raised_hold_for_the_hub_as_well()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            [_system.Http2Port],
            "--Kestrel:Limits:MaxRequestLineSize=131072",
            "--Kestrel:Limits:MaxRequestHeadersTotalSize=262144",
            "--Kestrel:Limits:MaxRequestHeaderCount=1000",
            "--RateLimiting:RequestsPerMinute=1000000");
        Assert.Equal("200", await StatusAsync(gateway, "/docs/" + new string('|', 131_000)));
        Assert.Equal("414", await StatusAsync(gateway, "/docs/" + new string('|', 132_000)));
        Assert.Equal("200", await StatusAsync(gateway, "/v1/models", $"X-Large: {new string('x', 250_000)}\r\n"));
        Assert.Equal("431", await StatusAsync(gateway, "/v1/models", $"X-Large: {new string('x', 270_000)}\r\n"));
        Assert.Equal("200", await StatusAsync(gateway, "/v1/models", HeadersOf(997, 20)));
        Assert.Equal("431", await StatusAsync(gateway, "/v1/models", HeadersOf(998, 20)));
        await AssertHealthyAsync(gateway);
    }

    [Fact]
    public async Task Over_HTTP2_the_gateway_says_the_same()
    {
        using var client = _system.Gateway.CreateSecureClient();
        using var fits = await SendAsync(client, "/v1/" + new string('x', 8000));
        Assert.Equal(HttpStatusCode.NotFound, fits.StatusCode);
        using var line = await SendAsync(client, "/v1/" + new string('x', 9000));
        await line.ProblemAsync(HttpStatusCode.RequestUriTooLong);
        await AssertHealthyAsync(_system.Gateway);
    }

    [Theory]
    [InlineData("/v1/", 4000, 1, 10, HttpStatusCode.BadRequest)]
    [InlineData("/v1/", 10, 1, 20_000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task What_a_hub_refuses_is_not_tried_again_and_does_not_count_against_its_health(string path, int pathBytes, int headers, int headerBytes, HttpStatusCode expected)
    {
        var asked = 0;
        await using var hub = await FakeHub.StartAsync(
            app => app.MapGet("/v1/{**rest}", () => Interlocked.Increment(ref asked)),
            limits =>
            {
                limits.MaxRequestLineSize = 2048;
                limits.MaxRequestHeadersTotalSize = 8192;
            });
        await using var gateway = await GatewayProcess.StartAsync([hub]);
        for (var i = 0; i < 20; i++)
        {
            using var refused = await gateway.GetAsync(path + new string('x', pathBytes), GatewayProcess.AdminKey, [.. Enumerable.Range(0, headers).Select(n => ($"X-Large-{n}", new string('x', headerBytes)))]);
            await refused.ProblemAsync(expected);
            Assert.Null(refused.Headers.RetryAfter);
        }

        Assert.Equal(0, asked);
        Assert.Equal(0, await gateway.MetricAsync("proxy_retries_total"));
        await AssertHealthyAsync(gateway);
        using var served = await gateway.GetAsync("/v1/small", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    private static async Task AssertHealthyAsync(GatewayProcess gateway)
    {
        using var health = await gateway.GetAsync("/health");
        Assert.Contains("\"1 of 1 hubs answer.\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> StatusAsync(GatewayProcess gateway, string target, string headers = "") =>
        (await RawRequests.GetAsync(gateway.Port, target, GatewayProcess.AdminKey, headers)).Split(' ')[1];

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
        return await client.SendAsync(request);
    }

    // Each line ends with CRLF.
    private static string HeadersOf(int count, int bytes) =>
        string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i:D4}: ".PadRight(bytes - 2, 'x') + "\r\n"));
}
