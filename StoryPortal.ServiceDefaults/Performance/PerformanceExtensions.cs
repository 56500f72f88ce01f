using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The measurements of a process for the scorecard.</summary>
public static class PerformanceExtensions
{
    internal static void AddPerformance(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => new MetricAggregator(
            services.GetRequiredService<TimeProvider>(), builder.Configuration.ReadOptions<PerformanceOptions>(PerformanceOptions.Section).WarmUp));
        builder.Services.AddSingleton<ScorecardListener>();
        builder.Services.AddSingleton(services => new ProcessSnapshotReader(
            services.GetRequiredService<MetricAggregator>(),
            services.GetRequiredService<IMeterFactory>(),
            services.GetRequiredService<ServiceName>(),
            services.GetRequiredService<IOptions<RegistrationOptions>>(),
            services.GetRequiredService<HealthState>(),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<SnapshotPublisher>();
    }

    /// <summary>Adds method and route template to the measurement of every request. Call it before any middleware that may respond.</summary>
    public static void UseRequestTags(this WebApplication app) => app.UseMiddleware<RequestTagsMiddleware>();
}
