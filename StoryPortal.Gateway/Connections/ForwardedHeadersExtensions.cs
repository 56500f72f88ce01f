using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace StoryPortal.Gateway.Connections;

/// <summary>Proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> count; by default there are none.</summary>
internal static class ForwardedHeadersExtensions
{
    private const string Proxies = "ForwardedHeaders:KnownProxies";
    private const string Networks = "ForwardedHeaders:KnownNetworks";

    /// <summary>Reads the known proxies.</summary>
    public static void AddKnownProxies(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            forwarded.ForwardLimit = null; // as many proxies as are known
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in configuration.ReadList(Proxies))
            {
                forwarded.KnownProxies.Add(
                    IPAddress.TryParse(proxy, out var address) ? address : throw Invalid(Proxies, proxy, "an IP address"));
            }

            foreach (var network in configuration.ReadList(Networks))
            {
                forwarded.KnownIPNetworks.Add(
                    System.Net.IPNetwork.TryParse(network, out var parsed) ? parsed
                        : throw Invalid(Networks, network, "a network such as 10.0.0.0/8"));
            }
        });
    }

    /// <summary>Takes the caller's address and scheme from known proxies. Where there are none, no request passes the middleware.</summary>
    public static void UseKnownProxies(this WebApplication app)
    {
        if (app.Configuration.ReadList(Proxies).Length + app.Configuration.ReadList(Networks).Length > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    /// <summary>Reads a setting that is an array or a text with commas.</summary>
    internal static string[] ReadList(this IConfiguration configuration, string key) =>
        configuration.GetSection(key).Get<string[]>()
        ?? configuration[key]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        ?? [];

    private static InvalidOperationException Invalid(string key, string value, string expected) =>
        new($"{key} has '{value}', which is not {expected}.");
}
