using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>
/// Rate limits of single routes, by configuration alone: policies of <c>RateLimiting:Policies</c> that YARP's <c>RateLimiterPolicy</c>
/// names.
/// </summary>
public sealed class RateLimitPolicyTests : IAsyncLifetime
{
    private const int Permits = 2;

    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public Task DisposeAsync() => Fixtures.DisposeAllAsync(_gateway, _hub);

    [Fact]
    public async Task A_route_with_a_policy_counts_apart_and_one_with_disable_not_at_all()
    {
        await UseUpAsync("/v1/exports");
        using (var elsewhere = await _gateway.GetAsync("/v1/probe", GatewayProcess.AdminKey))
        {
            Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
            Assert.Equal(("1000", "999"), (Header(elsewhere, "RateLimit-Limit"), Header(elsewhere, "RateLimit-Remaining")));
        }

        using var unlimited = await _gateway.GetAsync("/v1/unlimited", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.OK, unlimited.StatusCode);
        Assert.Null(Header(unlimited, "RateLimit-Limit"));
    }

    [Fact]
    public async Task A_path_that_no_route_matches_counts_for_the_caller()
    {
        using var unknown = await _gateway.GetAsync("/nothing", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("1000", Header(unknown, "RateLimit-Limit"));
    }

    [Fact]
    public async Task A_request_whose_authentication_failed_counts_for_its_address()
    {
        using var refused = await _gateway.GetAsync("/v1/probe", ApiKeyFormat.Create());
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("500", Header(refused, "RateLimit-Limit"));
        using var anonymous = await _gateway.GetAsync("/v1/probe");
        Assert.Equal("500", Header(anonymous, "RateLimit-Limit"));
        Assert.InRange(int.Parse(Header(anonymous, "RateLimit-Remaining")!, CultureInfo.InvariantCulture), 0, 498); // of both
    }

    [Fact]
    public async Task A_policy_that_is_not_configured_is_named_at_the_start()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () =>
            await (await StartGatewayAsync("--ReverseProxy:Routes:exports:RateLimiterPolicy=missing")).DisposeAsync());
        Assert.Contains("missing", refused.Message, StringComparison.Ordinal);
    }

    // The next minute may begin in between.
    private async Task UseUpAsync(string path)
    {
        var permitted = 0;
        await Eventually.TrueAsync(async () =>
        {
            using var response = await _gateway.GetAsync(path, GatewayProcess.AdminKey);
            Assert.Equal($"{Permits}", Header(response, "RateLimit-Limit"));
            if (response.StatusCode == HttpStatusCode.OK)
            {
                permitted++;
                Assert.Null(response.Headers.RetryAfter);
                return false;
            }

            await response.ProblemAsync(HttpStatusCode.TooManyRequests);
            Assert.Equal("0", Header(response, "RateLimit-Remaining"));
            Assert.Equal($"{response.Headers.RetryAfter!.Delta!.Value.TotalSeconds}", Header(response, "RateLimit-Reset"));
            return true;
        });
        Assert.InRange(permitted, Permits, 2 * Permits);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync(app => app.MapGet("/v1/{name}", (string name) => name));
        _gateway = await StartGatewayAsync("--ReverseProxy:Routes:exports:RateLimiterPolicy=exports");
    }

    private Task<GatewayProcess> StartGatewayAsync(string setting) => GatewayProcess.StartAsync(
        [_hub],
        "--ReverseProxy:Routes:exports:ClusterId=service-hub",
        "--ReverseProxy:Routes:exports:Match:Path=/v1/exports",
        "--ReverseProxy:Routes:unlimited:ClusterId=service-hub",
        "--ReverseProxy:Routes:unlimited:Match:Path=/v1/unlimited",
        "--ReverseProxy:Routes:unlimited:RateLimiterPolicy=disable",
        "--RateLimiting:RequestsPerMinute=1000",
        "--RateLimiting:RequestsPerMinutePerAddress=500",
        $"--RateLimiting:Policies:exports:RequestsPerMinute={Permits}",
        setting);
}
