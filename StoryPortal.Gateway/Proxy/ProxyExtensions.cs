using OpenTelemetry.Trace;
using StoryPortal.ServiceDefaults.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace StoryPortal.Gateway.Proxy;

/// <summary>What is passed on to the hubs, and how.</summary>
internal static class ProxyExtensions
{
    /// <summary>The largest body that any endpoint behind the gateway takes, in bytes: 32 MiB.</summary>
    private const long LargestBody = 32 * 1024 * 1024;

    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = LargestBody);
        builder.Services.AddSingleton<IDestinationResolver, DiscoveredDestinations>();
        builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Yarp.ReverseProxy"));
        builder.Services.AddHealthChecks().AddStartupCheck<HubCheck>("service-hub");
    }
}
