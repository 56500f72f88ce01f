using StoryPortal.ServiceHub.Services.Health;
using StoryPortal.ServiceHub.Services.Watching;

namespace StoryPortal.ServiceHub.Services;

/// <summary>What a hub does for the registry beside answering.</summary>
internal static class RegistryExtensions
{
    /// <summary>Leases, health polls, and the view that watches and searches share.</summary>
    public static void AddRegistry(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RegistryOptions>().BindConfiguration(RegistryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<HealthPollOptions>().BindConfiguration(HealthPollOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<RegistryView>();
        builder.Services.AddHostedService<RegistryNews>();
        builder.Services.AddHostedService<LeaseWatch>();
        builder.Services.AddSingleton<HealthAddresses>();
        builder.Services.AddSingleton<HealthProbe>();
        builder.Services.AddHostedService<HealthPolls>();
    }
}
