using System.Net;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>
/// In Development reads without a key need a loopback host name: the page of another site whose name resolves to 127.0.0.1 (DNS rebinding)
/// reaches the ports, and sends its own name.
/// </summary>
[Collection(SharedSystem.Name)]
public sealed class HostNameTests(StoryPortalSystem system)
{
    [Theory]
    [InlineData("rebound.example", HttpStatusCode.Unauthorized)]
    [InlineData("rebound.example:8009", HttpStatusCode.Unauthorized)]
    [InlineData("localhost.rebound.example", HttpStatusCode.Unauthorized)]
    [InlineData("notlocalhost", HttpStatusCode.Unauthorized)]
    [InlineData("192.0.2.1", HttpStatusCode.Unauthorized)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("LOCALHOST:8009", HttpStatusCode.OK)]
    [InlineData("portal.localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:8009", HttpStatusCode.OK)]
    [InlineData("[::1]:8009", HttpStatusCode.OK)]
    public async Task Without_a_key_a_read_needs_a_loopback_host_name(string host, HttpStatusCode expected)
    {
        foreach (var client in (HttpClient[])[system.Anonymous, system.Hub])
        {
            foreach (var path in (string[])["/v1/agents", "/v1/services", "/v1/api-requests", "/v1/performance/slow-queries"])
            {
                Assert.Equal((client.BaseAddress, path, expected), (client.BaseAddress, path, await StatusAsync(client, path, host)));
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, path, host, StoryPortalSystem.AdminKey));
            }
        }
    }

    [Fact]
    public async Task AllowedHosts_refuses_every_other_host_name()
    {
        await using var hub = await FakeHub.StartAsync(_ => { });
        await using var gateway = await GatewayProcess.StartAsync([hub], "--AllowedHosts=127.0.0.1;portal.example");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway.Anonymous, "/alive", "portal.example"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(gateway.Anonymous, "/alive", "rebound.example"));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string host, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Host = host;
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
