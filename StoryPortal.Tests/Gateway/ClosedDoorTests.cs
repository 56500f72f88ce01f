using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Outside Development, every route there is, without a key: of the hub as its own description lists them, of the gateway as its configuration does.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class ClosedDoorTests(StoryPortalSystem system) : IAsyncLifetime
{
    // DESIGN: health, the page's static files, its documents.
    private static readonly string[] OpenAtTheGateway = ["/docs/{**rest}", "/openapi/{**rest}"];
    private static readonly HttpMethod[] Methods = [HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete];

    private readonly HttpClient _hubClient = new();
    private OwnDatabase _database = null!;
    private ProductProcess _hub = null!;
    private GatewayProcess _gateway = null!;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public async Task DisposeAsync()
    {
        _hubClient.Dispose();
        await Fixtures.DisposeAllAsync(_gateway, _hub, _database);
    }

    [Fact]
    public async Task Every_route_without_a_key_is_refused_but_for_those_that_are_open_to_everybody()
    {
        var described = await DescribedAsync();
        foreach (var (method, path) in described)
        {
            await IsRefusedAsync(_hubClient, method, path);
            await IsRefusedAsync(_gateway.Anonymous, method, path);
            await IsRefusedAsync(_gateway.Anonymous, method, "/api" + path);
        }

        foreach (var route in Configured())
        {
            var open = route["Metadata:Scope"] == "none";
            Assert.Equal(OpenAtTheGateway.Contains(route["Match:Path"]), open);
            var methods = route.GetSection("Match:Methods").Get<string[]>()?.Select(method => HttpMethod.Parse(method)) ?? Methods;
            foreach (var method in open ? [] : methods)
            {
                await IsRefusedAsync(_gateway.Anonymous, method, Parameter().Replace(route["Match:Path"]!, "x"));
            }
        }

        foreach (var client in (HttpClient[])[_hubClient, _gateway.Anonymous])
        {
            foreach (var path in (string[])["/health", "/health/live", "/health/ready", "/health/startup", "/alive", "/openapi/v1.json"])
            {
                using var open = await client.GetAsync(new Uri(path, UriKind.Relative));
                Assert.True(open.StatusCode == HttpStatusCode.OK, $"{path} at {client.BaseAddress}: {open.StatusCode}");
            }
        }
    }

    // What the processes of one system ask each other is not there for anybody else, with a key or without.
    [Theory]
    [InlineData("GET", "/internal/api-keys/00")]
    [InlineData("POST", "/internal/api-requests")]
    [InlineData("PUT", "/internal/services/a/instances/b")]
    public async Task What_is_internal_is_not_there(string method, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(path, UriKind.Relative));
        request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
        using var hub = await _hubClient.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, hub.StatusCode);
        using var gateway = await _gateway.SendAsync(HttpMethod.Parse(method), path, GatewayProcess.AdminKey, ("X-Internal-Key", GatewayProcess.InternalKey));
        Assert.Equal(HttpStatusCode.NotFound, gateway.StatusCode);
    }

    private async Task StartAsync()
    {
        _database = await OwnDatabase.WithTablesAsync(system);
        var ports = ProductProcess.FreePorts(2);
        _hub = await ProductProcess.StartAsync("StoryPortal.ServiceHub", ports[0], new Dictionary<string, string>
        {
            ["Listen__Http2"] = ports[1].ToString(CultureInfo.InvariantCulture),
            ["Authentication__AdminKey"] = GatewayProcess.AdminKey,
            ["Authentication__InternalKey"] = GatewayProcess.InternalKey,
            ["ConnectionStrings__storyportal"] = _database.Direct.String,
            ["ConnectionStrings__redis"] = "127.0.0.1:1", // the system's own keeps answers of another database
            ["Database__MaxPoolSize"] = "4",
        });
        _hubClient.BaseAddress = new Uri($"http://127.0.0.1:{ports[0]}");
        _gateway = await GatewayProcess.StartAsync([ports[1]]);
    }

    private static async Task IsRefusedAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        using var response = await client.SendAsync(request);
        Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} at {client.BaseAddress}: {response.StatusCode}");
    }

    private async Task<List<(HttpMethod Method, string Path)>> DescribedAsync()
    {
        using var response = await _hubClient.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative));
        var routes = (await response.JsonAsync()).GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Select(operation => (HttpMethod.Parse(operation.Name), Parameter().Replace(path.Name, Guid.NewGuid().ToString())))).ToList();
        Assert.True(routes.Count > 30, $"{routes.Count} routes");
        return routes;
    }

    private static IEnumerable<IConfigurationSection> Configured() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
        .Build().GetSection("ReverseProxy:Routes").GetChildren();

    [GeneratedRegex("{[^}]+}")]
    private static partial Regex Parameter();
}
