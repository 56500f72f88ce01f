using System.Net;
using Microsoft.AspNetCore.Builder;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;
using Yarp.ReverseProxy.Configuration;

namespace StoryPortal.Tests.Gateway;

/// <summary>YARP's own settings act on routes that the configuration alone adds.</summary>
public sealed class RouteConfigurationTests
{
    [Fact]
    public async Task An_AuthorizationPolicy_acts_on_a_new_route()
    {
        var reader = ApiKeyFormat.Create();
        await using var hub = await FakeHub.StartAsync(app => app.Map("/v1/{**rest}", () => "here"));
        hub.Keys[reader] = new ApiKeyIdentity(Guid.NewGuid(), "reader", [Scope.Read]);
        await using var gateway = await GatewayProcess.StartAsync(
            [hub], [.. Route("restricted", "admin"), .. Route("readable", "read"), .. Route("open", "anonymous"), .. Route("default", "default")]);
        await Eventually.TrueAsync(async () => await StatusAsync(gateway, "GET", "readable", reader) == HttpStatusCode.OK);

        foreach (var (method, path, key, expected) in ((string, string, string?, HttpStatusCode)[])
        [
            ("GET", "restricted", null, HttpStatusCode.Unauthorized),
            ("GET", "restricted", reader, HttpStatusCode.Forbidden),
            ("GET", "restricted", GatewayProcess.AdminKey, HttpStatusCode.OK),
            ("POST", "readable", null, HttpStatusCode.Unauthorized),
            ("POST", "readable", reader, HttpStatusCode.OK),
            ("POST", "open", null, HttpStatusCode.OK),
            ("GET", "default", null, HttpStatusCode.Unauthorized),
            ("GET", "default", reader, HttpStatusCode.OK),
            ("POST", "default", reader, HttpStatusCode.Forbidden),
        ])
        {
            Assert.Equal((method, path, key, expected), (method, path, key, await StatusAsync(gateway, method, path, key)));
        }
    }

    [Fact]
    public void What_the_gateway_does_not_apply_is_refused_by_name()
    {
        var route = new RouteConfig { RouteId = "new", ClusterId = "service-hub" };
        foreach (var (wrong, named) in ((RouteConfig, string)[])
        [
            (route with { Timeout = TimeSpan.FromSeconds(1) }, "ReverseProxy:Routes:new:Timeout"),
            (route with { TimeoutPolicy = "short" }, "ReverseProxy:Routes:new:Timeout"),
            (route with { Metadata = new Dictionary<string, string> { ["Scope"] = "admin" } }, "ReverseProxy:Routes:new:Metadata:Scope"),
            (route with { Metadata = new Dictionary<string, string> { ["Timeout"] = "00:00:01" } }, "ReverseProxy:Routes:new:Metadata:Timeout"),
        ])
        {
            var refused = Assert.Throws<InvalidOperationException>(() => new NoEndpoints().WithPolicy(wrong));
            Assert.StartsWith(named, refused.Message, StringComparison.Ordinal);
        }

        new NoEndpoints().WithPolicy(route with { TimeoutPolicy = "Disable" });
    }

    private static string[] Route(string name, string policy) =>
    [
        $"--ReverseProxy:Routes:{name}:ClusterId=service-hub", $"--ReverseProxy:Routes:{name}:Match:Path=/v1/{name}", $"--ReverseProxy:Routes:{name}:AuthorizationPolicy={policy}",
    ];

    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess gateway, string method, string path, string? key)
    {
        using var response = await gateway.SendAsync(HttpMethod.Parse(method), $"/v1/{path}", key);
        return response.StatusCode;
    }

    private sealed class NoEndpoints : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
        }
    }
}
