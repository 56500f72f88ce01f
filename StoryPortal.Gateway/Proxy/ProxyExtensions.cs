using OpenTelemetry.Trace;
using StoryPortal.Gateway.Routes;
using StoryPortal.ServiceDefaults.Health;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

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
        builder.Services.AddSingleton<IDestinationResolver, DiscoveredDestinations>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddTransforms(Transform)
            .ConfigureHttpClient((_, handler) =>
            {
                handler.ConnectTimeout = ConnectTimeout;
                handler.KeepAlivePingDelay = PingDelay;
                handler.KeepAlivePingTimeout = PingTimeout;
                handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            });
        builder.Services.Configure<TransportFailureRateHealthPolicyOptions>(failures => failures.DetectionWindowSize = DetectionWindow);
        builder.Services.AddRequestTimeouts();
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddSource("Yarp.ReverseProxy"));
        builder.Services.AddHealthChecks().AddStartupCheck<HubCheck>(Cluster);

        builder.Services.AddTransient<AnyHubHandler>();
        builder.Services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler<AnyHubHandler>());
    }

    private static void Transform(TransformBuilderContext route)
    {
        route.AddXForwarded(ForwardedTransformActions.Remove); // what callers claim ends here; who they are the log knows
        if (RoutePolicy.From(route.Route).IsStream)
        {
            // The proxy would send the headers with the first event, which may be long in coming.
            route.AddResponseTransform(static async answer => await answer.HttpContext.Response.BodyWriter.FlushAsync(answer.HttpContext.RequestAborted));
        }
    }

    public static void MapProxy(this WebApplication app) => app
        .MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<RetryMiddleware>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        })
        .ConfigureEndpoints((endpoint, route) => endpoint.WithPolicy(route));
}
