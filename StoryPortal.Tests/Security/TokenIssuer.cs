using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace StoryPortal.Tests.Security;

/// <summary>An issuer of JSON Web Tokens on loopback: an OpenID discovery document, its keys, and tokens as a test wants them.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    internal const string Audience = "story-portal";
    internal const string Subject = "ada@example";

    private const string KeyId = "one";

    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _otherKey = RSA.Create(2048);
    private readonly WebApplication _app;

    private TokenIssuer(WebApplication app) => _app = app;

    /// <summary>The issuer's address.</summary>
    public string Authority => _app.Urls.Single();

    /// <summary>The settings by which a process accepts its tokens.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["Authentication__Jwt__Authority"] = Authority,
        ["Authentication__Jwt__Audience"] = Audience,
        ["Authentication__Jwt__RequireHttpsMetadata"] = "false",
    };

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var issuer = new TokenIssuer(app);
        app.MapGet("/.well-known/openid-configuration", () =>
            TypedResults.Text($$"""{"issuer": "{{issuer.Authority}}", "jwks_uri": "{{issuer.Authority}}/keys"}""", "application/json"));
        app.MapGet("/keys", () =>
        {
            var key = issuer._key.ExportParameters(includePrivateParameters: false);
            return TypedResults.Text($$"""
                {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "{{KeyId}}", "n": "{{Base64UrlEncoder.Encode(key.Modulus)}}", "e": "{{Base64UrlEncoder.Encode(key.Exponent)}}"}]}
                """, "application/json");
        });
        await app.StartAsync();
        return issuer;
    }

    /// <summary>A token for <see cref="Subject"/>.</summary>
    /// <param name="claims">What it says beside subject, issuer, audience and lifetime, such as its scopes.</param>
    /// <param name="issuer">Another issuer than this one.</param>
    /// <param name="audience">Another audience than <see cref="Audience"/>.</param>
    /// <param name="expiresIn">How long it is still valid; negative: since when it is not.</param>
    /// <param name="isForged">Whether another key than the issuer's signs it.</param>
    public string Issue((string Name, object Value)[] claims, string? issuer = null, string audience = Audience, TimeSpan? expiresIn = null, bool isForged = false)
    {
        var expires = DateTime.UtcNow + (expiresIn ?? TimeSpan.FromHours(1));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Authority,
            Audience = audience,
            NotBefore = expires - TimeSpan.FromHours(2),
            IssuedAt = expires - TimeSpan.FromHours(2),
            Expires = expires,
            Claims = claims.Append(("sub", Subject)).ToDictionary(claim => claim.Item1, claim => claim.Item2),
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(isForged ? _otherKey : _key) { KeyId = KeyId }, SecurityAlgorithms.RsaSha256),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _otherKey.Dispose();
    }
}
