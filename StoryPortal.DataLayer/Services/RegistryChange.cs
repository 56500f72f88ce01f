namespace StoryPortal.DataLayer.Services;

/// <summary>What a write did to the registry.</summary>
/// <param name="Index">The registry's index after it, or null when it changed nothing that anybody can see.</param>
public record RegistryChange(long? Index)
{
    /// <summary>Nothing that anybody can see.</summary>
    public static RegistryChange None { get; } = new((long?)null);
}

/// <summary>What a registration did to the registry.</summary>
/// <param name="Instance">The instance as it is now.</param>
/// <param name="Index">The registry's index after it, or null when it changed nothing that anybody can see.</param>
/// <param name="Created">Whether the instance was not there before.</param>
public sealed record RegisteredInstance(ServiceInstance Instance, long? Index, bool Created) : RegistryChange(Index);
