using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace StoryPortal.Gateway.Connections;

/// <summary>Where requests come from: proxies whose word counts, and pages of other origins.</summary>
internal static class OriginExtensions
{
    private const string Proxies = "ForwardedHeaders:KnownProxies";
    private const string Networks = "ForwardedHeaders:KnownNetworks";
    private const string Origins = "Cors:Origins";

    // What a page cannot read otherwise: all that the API's responses tell beside Content-Type, Content-Length and Cache-Control.
    private static readonly string[] Exposed =
    [
        "Accept-Patch", "Age", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "traceparent",
        "WWW-Authenticate", "X-Cache", "X-Request-Id",
    ];

    /// <summary>Reads who is trusted; by default nobody is.</summary>
    public static void AddOrigins(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            forwarded.ForwardLimit = null; // as far back as the proxies are known, however many there are
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in List(configuration, Proxies))
            {
                forwarded.KnownProxies.Add(IPAddress.TryParse(proxy, out var address) ? address : throw Refused(Proxies, proxy, "an IP address"));
            }

            foreach (var network in List(configuration, Networks))
            {
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.TryParse(network, out var parsed) ? parsed : throw Refused(Networks, network, "a network such as 10.0.0.0/8"));
            }
        });
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(List(configuration, Origins))
            .AllowAnyMethod()
            .AllowAnyHeader()
            .WithExposedHeaders(Exposed)));
    }

    /// <summary>Takes the caller's address from known proxies. Where there are none, no request pays for it.</summary>
    public static void UseKnownProxies(this WebApplication app)
    {
        if (List(app.Configuration, Proxies).Length + List(app.Configuration, Networks).Length > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    /// <summary>Lets pages of the configured origins read answers.</summary>
    public static void UseConfiguredOrigins(this WebApplication app)
    {
        if (List(app.Configuration, Origins).Length > 0)
        {
            app.UseCors();
        }
    }

    private static string[] List(IConfiguration configuration, string key) =>
        configuration.GetSection(key).Get<string[]>() ?? configuration[key]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static InvalidOperationException Refused(string key, string value, string expected) => new($"{key} has '{value}', which is not {expected}.");
}
