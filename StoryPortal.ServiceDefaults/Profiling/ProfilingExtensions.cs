using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>Lets a process profile itself when a hub asks it to.</summary>
internal static class ProfilingExtensions
{
    public static void AddProfiling(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ProfileFiles>();
        builder.Services.AddSingleton(services => new SelfProfiler(
            services.GetRequiredService<ServiceName>(),
            services.GetRequiredService<IOptions<RegistrationOptions>>(),
            services.GetRequiredService<ProfileFiles>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<SelfProfiler>>()));
        builder.Services.AddHostedService<ProfileListener>();
    }
}
