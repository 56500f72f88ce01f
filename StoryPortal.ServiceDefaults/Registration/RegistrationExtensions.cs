using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceDefaults.Registration;

/// <summary>Registers a process in the service registry.</summary>
public static class RegistrationExtensions
{
    /// <summary>Registers this process through the hub, at <paramref name="hubAddress"/> and with the internal key.</summary>
    public static void AddSelfRegistrationThroughHub(this IHostApplicationBuilder builder, Uri hubAddress, Action<RegistrationOptions> defaults)
    {
        builder.Services.AddHttpClient<IServiceRegistry, HubServiceRegistry>(client => client.BaseAddress = hubAddress).WithInternalKey();
        builder.AddSelfRegistration(defaults);
    }

    /// <summary>Registers this process with the <see cref="IServiceRegistry"/> of its container.</summary>
    public static void AddSelfRegistration(this IHostApplicationBuilder builder, Action<RegistrationOptions> defaults)
    {
        builder.Services.AddOptions<RegistrationOptions>()
            .Configure(defaults)
            .Bind(builder.Configuration.GetSection(RegistrationOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddHostedService<SelfRegistration>();
    }
}
