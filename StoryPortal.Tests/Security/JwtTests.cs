using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Security;

/// <summary>JSON Web Tokens beside API keys, at the gateway and at the hub behind it.</summary>
[Collection(SharedSystem.Name)]
public sealed class JwtTests(JwtTests.SystemWithIssuer fixture) : IClassFixture<JwtTests.SystemWithIssuer>
{
    private readonly TokenIssuer _issuer = fixture.Issuer;
    private readonly HttpClient[] _clients = [fixture.System.Gateway.Anonymous, fixture.System.Hub];

    [Theory]
    [InlineData("scope", "read")]
    [InlineData("scope", "openid profile read")]
    [InlineData("scp", "write read")]
    [InlineData("roles", "read")]
    [InlineData("roles", "other", "admin")]
    public async Task A_token_has_the_scopes_of_its_claims(string claim, params string[] values)
    {
        var token = _issuer.Issue([(claim, values is [var value] ? value : values)]);
        foreach (var client in _clients)
        {
            using var response = await SendAsync(client, HttpMethod.Get, "/v1/models", token);
            await response.JsonAsync();
        }
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("another issuer")]
    [InlineData("another audience")]
    [InlineData("another signature")]
    [InlineData("no signature")]
    [InlineData("no token")]
    public async Task A_token_that_is_not_valid_is_rejected(string token)
    {
        (string, object)[] claims = [("scope", "read write admin")];
        var valid = _issuer.Issue(claims);
        var text = token switch
        {
            "expired" => _issuer.Issue(claims, expiresIn: TimeSpan.FromHours(-1)),
            "another issuer" => _issuer.Issue(claims, issuer: "https://issuer.example"),
            "another audience" => _issuer.Issue(claims, audience: "another"),
            "another signature" => _issuer.Issue(claims, isForged: true),
            "no signature" => valid[..(valid.LastIndexOf('.') + 1)],
            _ => "eyJ.eyJ.eyJ",
        };
        foreach (var client in _clients)
        {
            using var response = await SendAsync(client, HttpMethod.Get, "/v1/models", text);
            await response.ProblemAsync(HttpStatusCode.Unauthorized);
            Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Theory]
    [InlineData("openid", "GET", "/v1/models", "read")]
    [InlineData("read", "POST", "/v1/events", "write")]
    [InlineData("write", "GET", "/v1/models", "read")]
    [InlineData("read write", "GET", "/v1/admin/jobs", "admin")]
    public async Task A_token_without_the_scope_is_forbidden(string scopes, string method, string path, string missing)
    {
        var token = _issuer.Issue([("scope", scopes)]);
        foreach (var client in _clients)
        {
            using var response = await SendAsync(client, HttpMethod.Parse(method), path, token);
            await response.ProblemAsync(HttpStatusCode.Forbidden);
            Assert.Equal($"Bearer error=\"insufficient_scope\", scope=\"{missing}\"", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task The_requests_of_a_batch_have_the_scopes_of_its_token()
    {
        const string Batch = """[{"id": 1, "path": "/v1/models"}, {"id": 2, "method": "POST", "path": "/v1/events", "body": {"type": "jwt"}}, {"id": 3, "path": "/v1/admin/jobs"}]""";
        using var response = await SendAsync(fixture.System.Gateway.Anonymous, HttpMethod.Post, "/v1/batch", _issuer.Issue([("scope", "read")]), Batch);
        Assert.Equal([200, 403, 403], (await response.JsonAsync()).GetProperty("results").EnumerateArray().Select(inner => inner.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task An_admin_action_names_the_subject_of_its_token()
    {
        using var response = await SendAsync(fixture.System.Gateway.Anonymous, HttpMethod.Post, "/v1/admin/cache/flush", _issuer.Issue([("roles", "admin"), ("name", "Ada")]));
        await response.JsonAsync();
        var told = Assert.Single(await fixture.System.Database.TextsAsync("SELECT payload::text FROM mcp_documents.events WHERE type = 'admin.flush_cache'"));
        var payload = JsonElement.Parse(told);
        Assert.Equal(("Ada", $"jwt:{TokenIssuer.Subject}"), (payload.GetProperty("actor").GetString(), payload.GetProperty("actor_id").GetString()));
    }

    [Fact]
    public async Task A_service_belongs_to_the_subject_of_a_token()
    {
        var instance = $"/v1/services/jwt-{Guid.NewGuid():N}/instances/a";
        foreach (var expected in (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.OK])
        {
            using var registered = await SendAsync(
                fixture.System.Gateway.Anonymous, HttpMethod.Put, instance, _issuer.Issue([("scope", "write")]),
                """{"url": "http://127.0.0.1:9/"}""");
            Assert.Equal(expected, registered.StatusCode);
        }

        var (_, key) = await fixture.System.CreateKeyAsync(TokenIssuer.Subject, "write");
        await fixture.System.SendAsync(HttpStatusCode.Forbidden, key, "DELETE", instance);
        var owner = $"/v1/admin{instance[3..instance.IndexOf("/instances", StringComparison.Ordinal)]}/owner";
        var read = JsonElement.Parse(await fixture.System.SendAsync(HttpStatusCode.OK, GatewayProcess.AdminKey, "GET", owner));
        Assert.Equal($"jwt:{TokenIssuer.Subject}", read.GetProperty("id").GetString());
    }

    // A client library may send an API key header for every request, with or without a key.
    [Theory]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData(GatewayProcess.AdminKey, HttpStatusCode.OK)]
    [InlineData("a guess", HttpStatusCode.Unauthorized)]
    public async Task An_API_key_goes_before_a_token_and_an_empty_one_is_none(string key, HttpStatusCode expected)
    {
        foreach (var client in _clients)
        {
            using var response = await SendAsync(client, HttpMethod.Get, "/v1/models", _issuer.Issue([("scope", "read")]), key: key);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    [Theory]
    [InlineData(GatewayProcess.AdminKey, HttpStatusCode.OK)]
    [InlineData("a guess", HttpStatusCode.Unauthorized)]
    public async Task An_API_key_may_come_as_a_bearer_token(string key, HttpStatusCode expected)
    {
        foreach (var client in _clients)
        {
            using var response = await SendAsync(client, HttpMethod.Get, "/v1/models", key);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    [Fact]
    public async Task While_the_authority_does_not_respond_tokens_are_not_rejected_and_keys_work()
    {
        await using var hub = await FakeHub.StartAsync(app => app.MapGet("/v1/here", () => "here"));
        await using var gateway = await GatewayProcess.StartAsync(
            [hub], [.. _issuer.Settings.Append(new("Authentication__Jwt__Authority", "http://127.0.0.1:1")).Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={setting.Value}")]);

        using var unverifiable = await SendAsync(gateway.Anonymous, HttpMethod.Get, "/v1/here", _issuer.Issue([("scope", "read")]));
        await unverifiable.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(unverifiable.Headers.RetryAfter);
        using var key = await gateway.GetAsync("/v1/here", GatewayProcess.AdminKey);
        Assert.Equal(HttpStatusCode.OK, key.StatusCode);
    }

    [Theory]
    [InlineData("https://issuer.example", "", "Authentication:Jwt:Audience")]
    [InlineData("http://issuer.example", "story-portal", "Authentication:Jwt:Authority")]
    [InlineData("issuer", "story-portal", "Authentication:Jwt:Authority")]
    public void A_wrong_setting_ends_the_start_and_is_named(string authority, string audience, string named)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Authentication:Jwt:Authority", authority), new("Authentication:Jwt:Audience", audience)]).Build();
        var refused = Assert.Throws<ValidationException>(() => configuration.ReadOptions<JwtOptions>(JwtOptions.Section));
        Assert.StartsWith(named, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string bearer, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body is null ? null : Answers.Json(body) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {bearer}");
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-API-Key", key);
        }

        return await client.SendAsync(request);
    }

    /// <summary>A gateway and a hub that accept the tokens of an issuer.</summary>
    public sealed class SystemWithIssuer(StoryPortalSystem servers) : IAsyncLifetime
    {
        internal TokenIssuer Issuer { get; private set; } = null!;

        internal ProductionSystem System { get; private set; } = null!;

        public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

        public async Task DisposeAsync()
        {
            if (System is not null)
            {
                await System.DisposeAsync();
            }

            await Fixtures.DisposeAllAsync(Issuer);
        }

        private async Task StartAsync()
        {
            Issuer = await TokenIssuer.StartAsync();
            System = new ProductionSystem(servers, Issuer.Settings);
            await System.InitializeAsync();
        }
    }
}
