using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using StoryPortal.Gateway.Page;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Documentation;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>Outside Development: every route there is, of the hub as its own description lists them and of the gateway as its configuration does, for every kind of caller and at every door.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class AuthorisationTests(SharedProduction production) : IClassFixture<SharedProduction>, IAsyncLifetime
{
    private static readonly HttpMethod[] Methods = [HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete];

    // DESIGN: health, the page's static files, its documents.
    private static readonly string[] OpenAtTheGateway = ["/docs/{**rest}", "/openapi/{**rest}"];
    private static readonly string[] Probes = ["/health", "/health/live", "/health/ready", "/health/startup", "/alive", "/openapi/v1.json"];

    // Addresses and names of other callers, and SQL.
    private static readonly string[] OfOperations = ["/v1/api-requests", "/v1/performance/slow-queries", "/v1/performance/report"];

    private readonly ProductionSystem _system = production.System;
    private readonly List<Caller> _callers = [new("nobody", null, []), new("a guess", ApiKeyFormat.Create(), []), new("the host's key", GatewayProcess.AdminKey, ["admin"])];

    public async Task InitializeAsync()
    {
        _callers.Add(await CallerAsync("read", "NULL", "NULL", "read"));
        _callers.Add(await CallerAsync("write", "NULL", "NULL", "write"));
        _callers.Add(await CallerAsync("read and write", "NULL", "now() + interval '1 day'", "read", "write"));
        _callers.Add(await CallerAsync("operations", "NULL", "NULL", "operations"));
        _callers.Add(await CallerAsync("admin", "NULL", "NULL", "admin"));
        _callers.Add((await CallerAsync("revoked", "now()", "NULL", "admin")) with { Scopes = [] });
        _callers.Add((await CallerAsync("expired", "NULL", "now() - interval '1 second'", "admin")) with { Scopes = [] });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Every_operation_lets_in_whoever_has_its_scope_and_nobody_else()
    {
        var wrong = new List<string>();
        foreach (var operation in (await ApiDescription.OfAsync(_system.Hub)).Operations)
        {
            var scope = ScopeOf(operation.Method, operation.Path);
            if (operation.Scope != scope)
            {
                wrong.Add($"{operation} says that it takes {operation.Scope}, and not {scope}");
            }

            var address = operation.PromptAddress(Guid.NewGuid().ToString());
            foreach (var caller in _callers)
            {
                wrong.AddRange(await MistakesAsync(_system.Hub, operation.Method, address, caller, scope));
                wrong.AddRange(await MistakesAsync(_system.Gateway.Anonymous, operation.Method, address, caller, scope));
            }

            wrong.AddRange(await MistakesAsync(_system.Gateway.Anonymous, operation.Method, "/api" + address, _callers[0], scope)); // the same by another name
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Every_route_of_the_gateway_is_closed_but_for_documents_health_and_the_page()
    {
        var wrong = new List<string>();
        foreach (var route in Configured())
        {
            var path = route["Match:Path"]!;
            var open = route["AuthorizationPolicy"] == "anonymous";
            Assert.Equal(OpenAtTheGateway.Contains(path), open);
            foreach (var method in open ? [] : route.GetSection("Match:Methods").Get<string[]>()?.Select(name => HttpMethod.Parse(name)) ?? Methods)
            {
                var address = Parameter().Replace(path, "x");
                foreach (var caller in _callers.Where(caller => caller.Scopes.Length == 0))
                {
                    wrong.AddRange(await MistakesAsync(_system.Gateway.Anonymous, method, address, caller, ScopeOf(method, address)));
                }
            }
        }

        foreach (var (client, path) in Probes.SelectMany(path => (((HttpClient, string)[])[(_system.Hub, path), (_system.Gateway.Anonymous, path)]))
            .Concat(PageFile.ReadAll().Select(file => (_system.Gateway.Anonymous, file.Path))))
        {
            using var open = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(open.StatusCode == HttpStatusCode.OK, $"{path} at {client.BaseAddress}: {open.StatusCode}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // What the processes of one system ask each other is not there for anybody else, with a key or without.
    [Theory]
    [InlineData("GET", "/internal/api-keys/00")]
    [InlineData("POST", "/internal/api-requests")]
    [InlineData("PUT", "/internal/services/a/instances/b")]
    [InlineData("DELETE", "/internal/services/a/instances/b")]
    [InlineData("GET", "/internal")]
    public async Task What_is_internal_is_not_there(string method, string path)
    {
        foreach (var client in (HttpClient[])[_system.Hub, _system.Gateway.Anonymous])
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(path, UriKind.Relative));
            request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
            request.Headers.Add("X-Internal-Key", GatewayProcess.InternalKey);
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a guess")]
    [InlineData(GatewayProcess.AdminKey)]
    public async Task Nor_is_it_at_the_port_of_the_gateway_without_the_internal_key(string? key)
    {
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_system.Http2Port}/internal/api-keys/00") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
        if (key is not null)
        {
            request.Headers.Add("X-Internal-Key", key);
        }

        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    // The rule that the API's page states, apart from what the code says of itself.
    private static string ScopeOf(HttpMethod method, string path) => path.Contains("/admin/", StringComparison.Ordinal) ? "admin"
        : OfOperations.Any(root => path.StartsWith(root, StringComparison.Ordinal)) ? "operations"
        : method == HttpMethod.Get || method == HttpMethod.Head || path.EndsWith("/v1/batch", StringComparison.Ordinal) ? "read"
        : "write";

    private static async Task<string[]> MistakesAsync(HttpClient client, HttpMethod method, string address, Caller caller, string scope)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, UriKind.Relative));
        if (caller.Key is not null)
        {
            request.Headers.Add("X-API-Key", caller.Key);
        }

        var expected = caller.Scopes.Length == 0 ? HttpStatusCode.Unauthorized
            : caller.Scopes.Contains(scope) || caller.Scopes.Contains("admin") ? HttpStatusCode.OK
            : HttpStatusCode.Forbidden;
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead); // of a stream the headers alone
        var found = response.StatusCode;
        var isLetIn = found is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);
        return (expected == HttpStatusCode.OK ? isLetIn : found == expected && response.Headers.WwwAuthenticate.Count > 0) ? [] : [$"{method} {address} at {client.BaseAddress} for {caller.Name}: {found}, and not {expected}"];
    }

    private async Task<Caller> CallerAsync(string name, string revokedAt, string expiresAt, params string[] scopes)
    {
        var key = ApiKeyFormat.Create();
        await _system.Database.RunAsync(
            $"INSERT INTO mcp_documents.api_keys (id, name, key_hash, scopes, revoked_at, expires_at) VALUES ('{Guid.NewGuid()}', '{name}', '\\x{KeyHash.Of(key)}', '{{{string.Join(',', scopes)}}}', {revokedAt}, {expiresAt})");
        return new Caller(name, key, scopes);
    }

    private static IEnumerable<IConfigurationSection> Configured() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"))
        .Build().GetSection("ReverseProxy:Routes").GetChildren();

    [GeneratedRegex("{[^}]+}")]
    private static partial Regex Parameter();

    private sealed record Caller(string Name, string? Key, string[] Scopes);
}
