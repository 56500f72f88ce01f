using OpenTelemetry.Trace;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace StoryPortal.Gateway.Proxy;

/// <summary>What is passed on to the hubs, and how.</summary>
internal static class ProxyExtensions
{
    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = BodyLimits.Batch);
        builder.Services.AddSingleton<IDestinationResolver, DiscoveredDestinations>();
        builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Yarp.ReverseProxy"));
        builder.Services.AddHealthChecks().AddStartupCheck<HubCheck>("service-hub");
    }
}
