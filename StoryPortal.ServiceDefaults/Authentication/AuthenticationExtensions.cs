using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Authentication and authorization of a process that serves the API: <see cref="UseApiAuthentication"/> and <c>UseAuthorization</c> apply
/// them.
/// </summary>
public static class AuthenticationExtensions
{
    /// <summary>Adds the authentication schemes and the authorization policies; the process adds the <see cref="IKeySource"/> of its keys.</summary>
    public static void AddApiAuthentication(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<KeyVerifier>();
        builder.Services.AddSingleton<CredentialRevalidator>();
        builder.Services.AddSingleton<ApiKeyRevocationPublisher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ApiKeyRevocationPublisher>());

        var jwt = builder.Configuration.ReadOptions<JwtOptions>(JwtOptions.Section);
        var authentication = builder.Services.AddAuthentication(jwt.Authority.Length > 0 ? AuthenticationSchemes.Either : AuthenticationSchemes.ApiKey)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthenticationHandler>(AuthenticationSchemes.ApiKey, null);
        if (jwt.Authority.Length > 0)
        {
            authentication.AddJwt(jwt);
        }

        AuthorizationPolicies.AddTo(builder.Services.AddAuthorizationBuilder());
        builder.Services.AddSingleton<IAuthorizationHandler, ScopeRequirementHandler>();
    }

    /// <summary>Adds the same for a process without a database: it looks keys up at the hub, at <paramref name="hubAddress"/> and with the internal key.</summary>
    public static void AddApiAuthenticationThroughHub(this IHostApplicationBuilder builder, Uri hubAddress)
    {
        builder.Services.AddHttpClient(HubKeySource.Client, client => client.BaseAddress = hubAddress).WithInternalKey();
        builder.Services.AddSingleton<IKeySource, HubKeySource>();
        builder.AddApiAuthentication();
    }

    /// <summary>Authenticates requests, and samples those whose authenticated caller asks for a trace.</summary>
    public static void UseApiAuthentication(this WebApplication app)
    {
        app.UseAuthentication();
        var traces = app.Services.GetRequiredService<CallerTraces>();
        app.Use(next => context =>
        {
            traces.SampleAuthenticated(context);
            return next(context);
        });
    }

    /// <summary>Reaches the hub's internal endpoints: HTTP/2 in clear text, with the internal key.</summary>
    public static IHttpClientBuilder WithInternalKey(this IHttpClientBuilder http) => http.ConfigureHttpClient((services, client) =>
    {
        client.DefaultRequestVersion = System.Net.HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.DefaultRequestHeaders.Add(KeyHeaders.Internal, services.GetRequiredService<IOptions<SystemKeyOptions>>().Value.InternalKey);
    });
}
