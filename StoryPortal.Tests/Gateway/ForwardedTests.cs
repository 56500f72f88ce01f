using System.Net;
using Microsoft.AspNetCore.Builder;
using StoryPortal.ServiceDefaults.ApiRequests;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Whose word on a caller's address counts.</summary>
public sealed class ForwardedTests
{
    private const string Loopback = "127.0.0.1";
    private const string Header = "X-Forwarded-For";

    [Fact]
    public async Task What_a_caller_says_of_itself_is_not_believed()
    {
        await using var hub = await FakeHub.StartAsync(app => app.MapGet("/v1/probe", () => "here"));
        await using var gateway = await GatewayProcess.StartAsync([hub], "--RateLimiting:RequestsPerMinutePerAddress=3");

        // Whoever claims another address each time is limited all the same.
        var number = 0;
        await Eventually.TrueAsync(async () => await StatusAsync(gateway, $"203.0.113.{number++}") == HttpStatusCode.TooManyRequests);
        await IsLoggedAsync(hub, gateway, "203.0.113.99", Loopback);
    }

    [Theory]
    [InlineData("ForwardedHeaders:KnownProxies=127.0.0.1,198.51.100.7")]
    [InlineData("ForwardedHeaders:KnownNetworks=127.0.0.0/8,198.51.100.0/24")]
    public async Task What_known_proxies_say_is_as_far_back_as_they_are_known(string setting)
    {
        await using var hub = await FakeHub.StartAsync(app => app.MapGet("/v1/probe", () => "here"));
        await using var gateway = await GatewayProcess.StartAsync([hub], $"--{setting}", "--RateLimiting:RequestsPerMinutePerAddress=3");
        await Eventually.TrueAsync(async () => await StatusAsync(gateway, "203.0.113.1") == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, "203.0.113.2")); // somebody else

        await IsLoggedAsync(hub, gateway, "203.0.113.3", "203.0.113.3");
        await IsLoggedAsync(hub, gateway, "203.0.113.4, 198.51.100.7", "203.0.113.4"); // two proxies, one behind the other
        await IsLoggedAsync(hub, gateway, "192.0.2.66, 203.0.113.5", "203.0.113.5"); // what the caller had put there itself
        await IsLoggedAsync(hub, gateway, "2001:db8::1", "2001:db8::1");
        await IsLoggedAsync(hub, gateway, "nobody", Loopback);
    }

    [Theory]
    [InlineData("ForwardedHeaders:KnownProxies=proxy.example", "an IP address")]
    [InlineData("ForwardedHeaders:KnownNetworks=10.0.0.0/99", "a network")]
    public async Task A_proxy_that_is_none_stops_the_start(string setting, string expected)
    {
        await using var hub = await FakeHub.StartAsync(_ => { });
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () => await (await GatewayProcess.StartAsync([hub], $"--{setting}")).DisposeAsync());
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess gateway, string claimed)
    {
        using var response = await gateway.GetAsync("/v1/probe", key: null, (Header, claimed));
        return response.StatusCode;
    }

    private static async Task IsLoggedAsync(FakeHub hub, GatewayProcess gateway, string claimed, string expected)
    {
        var id = $"{Guid.NewGuid():N}";
        using var response = await gateway.GetAsync("/v1/probe", GatewayProcess.AdminKey, (Header, claimed), ("X-Request-Id", id));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        ApiRequest? logged = null;
        await Eventually.TrueAsync(() => Task.FromResult((logged = hub.Logged.FirstOrDefault(request => request.RequestId == id)) is not null));
        Assert.Equal(expected, logged!.ClientIp);
    }
}
