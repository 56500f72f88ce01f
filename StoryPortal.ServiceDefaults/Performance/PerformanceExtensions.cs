using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Health;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>What a process measures on itself.</summary>
public static class PerformanceExtensions
{
    internal static void AddPerformance(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => new Recorder(
            services.GetRequiredService<TimeProvider>(), builder.Configuration.ReadOptions<PerformanceOptions>(PerformanceOptions.Section).WarmUp));
        builder.Services.AddSingleton<RequestMeasurement>();
        builder.Services.AddSingleton<QueryCount>();
        builder.Services.AddSingleton(services => new ProcessReadings(
            services.GetRequiredService<Recorder>(),
            services.GetRequiredService<ServiceName>(),
            services.GetRequiredService<IOptions<RegistrationOptions>>(),
            services.GetRequiredService<HealthState>(),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddHostedService<MeterReadings>();
        builder.Services.AddHostedService<StateGauge>();
        builder.Services.AddHostedService<SnapshotPublisher>();
    }

    /// <summary>Measures every request of this process. Call it before anything else that answers.</summary>
    public static void UseRequestMeasurement(this WebApplication app) => app.UseMiddleware<RequestMeasurementMiddleware>();
}
