using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Keys for a process that serves the API.</summary>
public static class AuthenticationExtensions
{
    /// <summary>Adds the verification of keys; the process adds the <see cref="IKeySource"/> that it asks.</summary>
    public static void AddKeyVerification(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<KeyVerifier>();
        builder.Services.AddSingleton<KeyChanges>();
        builder.Services.AddHostedService(services => services.GetRequiredService<KeyChanges>());
    }

    /// <summary>Adds the verification of keys through the hub, at <paramref name="hubAddress"/> and with the internal key.</summary>
    public static void AddKeyVerificationThroughHub(this IHostApplicationBuilder builder, Uri hubAddress)
    {
        builder.Services.AddHttpClient(HubKeySource.Client, client => client.BaseAddress = hubAddress).WithInternalKey();
        builder.Services.AddSingleton<IKeySource, HubKeySource>();
        builder.AddKeyVerification();
    }

    /// <summary>Reaches the hub's internal endpoints: HTTP/2 in clear text, with the internal key.</summary>
    public static IHttpClientBuilder WithInternalKey(this IHttpClientBuilder http) => http.ConfigureHttpClient((services, client) =>
    {
        client.DefaultRequestVersion = System.Net.HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.DefaultRequestHeaders.Add(KeyHeaders.Internal, services.GetRequiredService<IOptions<AuthenticationOptions>>().Value.InternalKey);
    });

    /// <summary>Asks for keys, by the scope that each endpoint takes. Call it after routing and before whatever serves content.</summary>
    public static IApplicationBuilder UseScopes(this IApplicationBuilder app) => app.UseMiddleware<ScopeMiddleware>();
}
