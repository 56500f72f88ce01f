using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Draining;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.ServiceDefaults;

/// <summary>What every process of Story Portal shares, in two calls.</summary>
public static class Extensions
{
    /// <summary>Adds listening ports, telemetry, measurements, health, problem details, service discovery and resilient HTTP clients.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="service">The name under which it appears in telemetry, health and the service registry.</param>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        builder.Services.AddSingleton(new ServiceName(service));
        builder.Configuration.AddLoggingDefaults();
        builder.ConfigureListening();
        builder.AddTelemetry(service);
        builder.AddHealth();
        builder.AddDrain();
        builder.AddPerformance();
        builder.AddProblems();

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddOptions<SystemKeyOptions>().BindConfiguration(SystemKeyOptions.Section)
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });

        return builder;
    }

    /// <summary>Turns errors into problem details and serves <c>/health…</c>, <c>/alive</c> and <c>/metrics</c>. Call it first.</summary>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseProblems();
        app.UseMetricsEndpoint();
        app.MapHealth();
        return app;
    }
}
