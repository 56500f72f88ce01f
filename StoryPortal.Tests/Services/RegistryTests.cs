using System.Net;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

[Collection(SharedSystem.Name)]
public sealed class RegistryTests(StoryPortalSystem system)
{
    private static readonly string[] Processes = ["data-layer", "gateway", "service-hub"];

    [Fact]
    public async Task Every_process_of_the_system_is_in_the_registry()
    {
        await Eventually.TrueAsync(async () =>
        {
            using var response = await system.Anonymous.GetAsync(new Uri("/v1/services", UriKind.Relative));
            var services = (await response.JsonAsync()).EnumerateArray().ToDictionary(service => service.GetProperty("name").GetString()!);
            return Processes.All(services.ContainsKey) && services.Values.All(service =>
                service.GetProperty("status").GetString() == "passing" && service.GetProperty("instances").GetArrayLength() == 1);
        });

        using var hub = await system.Gateway.GetAsync(new Uri("/api/v1/services/service-hub", UriKind.Relative));
        var registered = await hub.JsonAsync();
        Assert.Equal("L12", registered.GetProperty("layer").GetString());
        Assert.Equal(system.App.GetEndpoint("service-hub", "http").ToString().TrimEnd('/'), registered.GetProperty("instances")[0].GetProperty("url").GetString());
    }

    [Theory]
    [InlineData("layer=L09", "gateway")]
    [InlineData("tag=worker", "data-layer")]
    [InlineData("status=critical", null)]
    [InlineData("version=99", null)]
    public async Task Services_are_filtered(string filter, string? expected)
    {
        await Eventually.TrueAsync(async () =>
        {
            using var response = await system.Gateway.GetAsync(new Uri($"/v1/services?{filter}", UriKind.Relative));
            return (await response.JsonAsync()).EnumerateArray().Select(service => service.GetProperty("name").GetString()).SequenceEqual(expected is null ? [] : [expected]);
        });
    }

    [Fact]
    public async Task Services_are_paged_by_name()
    {
        await Every_process_of_the_system_is_in_the_registry();
        var pages = await system.Gateway.PagesAsync("/v1/services?limit=2");
        Assert.Equal(Processes, pages.SelectMany(page => page.EnumerateArray()).Select(service => service.GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("service-hub")]
    public async Task Internal_endpoints_are_not_served_at_a_public_port(string resource)
    {
        using var client = system.App.CreateHttpClient(resource, "http");
        client.DefaultRequestHeaders.Add("X-Api-Key", StoryPortalSystem.AdminKey);
        using var response = await client.DeleteAsync(new Uri("/internal/services/gateway/instances/any", UriKind.Relative));
        await response.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Internal_endpoints_do_not_show_themselves_without_the_internal_key()
    {
        using var client = system.App.CreateHttpClient("service-hub", "http2");
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.DefaultRequestHeaders.Add("X-Internal-Key", "guess");
        using var response = await client.DeleteAsync(new Uri("/internal/services/gateway/instances/any", UriKind.Relative));
        await response.ProblemAsync(HttpStatusCode.NotFound);
    }
}
