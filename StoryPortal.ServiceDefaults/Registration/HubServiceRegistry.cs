using System.Net.Http.Json;

namespace StoryPortal.ServiceDefaults.Registration;

/// <summary>Registers through the hub's internal endpoints.</summary>
internal sealed class HubServiceRegistry(HttpClient hub) : IServiceRegistry
{
    public async Task RegisterAsync(string service, string instanceId, InstanceRegistration registration, CancellationToken cancellationToken)
    {
        using var response = await hub.PutAsJsonAsync(PathOf(service, instanceId), registration, RegistrationJson.Default.InstanceRegistration, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task DeregisterAsync(string service, string instanceId, CancellationToken cancellationToken)
    {
        using var response = await hub.DeleteAsync(PathOf(service, instanceId), cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static Uri PathOf(string service, string instanceId) =>
        new($"internal/services/{Uri.EscapeDataString(service)}/instances/{Uri.EscapeDataString(instanceId)}", UriKind.Relative);
}
