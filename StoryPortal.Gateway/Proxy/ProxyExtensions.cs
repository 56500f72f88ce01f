using System.Text;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults.Health;
using Yarp.ReverseProxy.Health;

namespace StoryPortal.Gateway.Proxy;

/// <summary>What is passed on to the hubs, and how.</summary>
internal static class ProxyExtensions
{
    /// <summary>The hubs, as the configuration calls them.</summary>
    public const string Cluster = "service-hub";

    /// <summary>Where the gateway's own questions to the hubs go, before it knows which of them answer.</summary>
    public static readonly Uri Hub = new("http://_http2.service-hub");

    // A hub that says nothing for this long is gone, whatever its connection says.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DetectionWindow = TimeSpan.FromSeconds(10);

    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddServiceDiscoveryDestinationResolver()
            .ConfigureHttpClient((_, handler) =>
            {
                handler.ConnectTimeout = ConnectTimeout;
                handler.KeepAlivePingDelay = PingDelay;
                handler.KeepAlivePingTimeout = PingTimeout;
                handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
                handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8; // as the server has read them: else what is not ASCII would count as the hub's failure
                handler.ActivityHeadersPropagator = null; // HubTransformer hands the trace on
            });

        builder.Services.Configure<TransportFailureRateHealthPolicyOptions>(failures => failures.DetectionWindowSize = DetectionWindow);
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Yarp.ReverseProxy"));

        // The gateway's own duration of each request and the hub's say the same, and where the time went.
        builder.Services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddView("http.client.request.duration", MetricStreamConfiguration.Drop));
        builder.Services.AddHealthChecks().AddStartupCheck<HubCheck>(Cluster);

        builder.Services.AddTransient<AnyHubHandler>();
        builder.Services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler<AnyHubHandler>());
    }

    public static void MapProxy(this WebApplication app) => app
        .MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<FirstBytesMiddleware>();
            proxy.UseMiddleware<HubTransformerMiddleware>();
            proxy.UseMiddleware<RetryMiddleware>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
            proxy.UseMiddleware<RefusedRequestMiddleware>();
        })
        .ConfigureEndpoints((endpoint, route) => endpoint.WithPolicy(route));
}
