using System.Net;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

[Collection(SharedSystem.Name)]
public sealed class GatewayTests(StoryPortalSystem system)
{
    private static readonly Uri Services = new("/v1/services", UriKind.Relative);

    [Theory]
    [InlineData("/v1/services")]
    [InlineData("/api/v1/services")]
    [InlineData("/api/v1/services/")]
    public async Task The_api_is_served_under_both_prefixes(string address)
    {
        using var response = await system.Gateway.GetAsync(new Uri(address, UriKind.Relative));
        Assert.True((await response.JsonAsync()).GetArrayLength() > 0);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Https_speaks_http_1_1_and_http_2(string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Services)
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await system.Secure.SendAsync(request);
        await response.JsonAsync();
        Assert.Equal(Version.Parse(version), response.Version);
    }

    [Fact]
    public async Task A_write_needs_a_key_and_a_read_in_development_does_not()
    {
        using var read = await system.Anonymous.GetAsync(Services);
        await read.JsonAsync();

        using var write = await system.Anonymous.PostAsync(new Uri("/v1/agents", UriKind.Relative), Answers.Json("""{"name": "a", "type": "b"}"""));
        await write.ProblemAsync(HttpStatusCode.Unauthorized);
        Assert.Equal("Bearer", write.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData("X-API-Key", StoryPortalSystem.AdminKey, HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer " + StoryPortalSystem.AdminKey, HttpStatusCode.OK)]
    [InlineData("X-API-Key", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("Authorization", "Bearer wrong", HttpStatusCode.Unauthorized)]
    public async Task A_key_is_taken_from_either_header_and_a_wrong_one_is_refused_even_for_a_read(string header, string value, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Services);
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await system.Anonymous.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_are_served_at_the_internal_port_and_never_at_the_public_one()
    {
        using var door = await system.Gateway.GetAsync(new Uri("/metrics", UriKind.Relative));
        await door.ProblemAsync(HttpStatusCode.NotFound);

        using var client = system.App.CreateHttpClient("gateway", "internal");
        Assert.Contains("request_duration_seconds", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_answer_names_the_server()
    {
        using var response = await system.Gateway.GetAsync(Services);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task The_documentation_is_served()
    {
        Assert.Contains("/v1/agents", await system.Anonymous.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)), StringComparison.Ordinal);
        using var page = await system.Anonymous.GetAsync(new Uri("/docs", UriKind.Relative));
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
    }
}
