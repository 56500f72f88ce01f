using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.ServiceDefaults.Scheduling;

internal static class SchedulingExtensions
{
    /// <summary>Lets an idle process wake seldom, and what arrives at a busy one be taken together.</summary>
    public static void AddScheduling(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<SchedulingOptions>().Bind(builder.Configuration.GetSection(SchedulingOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<Pulse>();
        if (OperatingSystem.IsLinux())
        {
            builder.Services.AddHostedService<PatientSockets>();
        }
    }
}
