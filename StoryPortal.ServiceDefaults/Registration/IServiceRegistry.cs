namespace StoryPortal.ServiceDefaults.Registration;

/// <summary>Where a process registers itself: the registry's own store, or the hub for a process that has no database.</summary>
public interface IServiceRegistry
{
    /// <summary>Registers the instance, or renews its lease if it is there already.</summary>
    Task RegisterAsync(string service, string instanceId, InstanceRegistration registration, CancellationToken cancellationToken);

    /// <summary>Removes the instance; one that is not there is no error.</summary>
    Task DeregisterAsync(string service, string instanceId, CancellationToken cancellationToken);
}
