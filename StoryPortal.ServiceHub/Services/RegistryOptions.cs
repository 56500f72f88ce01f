using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceHub.Services;

/// <summary>How a hub keeps the registry, section <c>Registry</c>.</summary>
public sealed class RegistryOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Registry";

    /// <summary>Seconds after the end of its lease after which an instance is removed. Default 600.</summary>
    [Range(1, 2_592_000)]
    public int RemoveAfterSeconds { get; set; } = 600;

    /// <summary>Watches that a hub holds open at the same time; one more is answered 503. Default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int Watches { get; set; } = 5000;

    /// <summary>Services that one owner has in the registry, at most; one more gets 409. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxServicesPerOwner { get; set; } = 1000;

    /// <summary>Instances that all services of one owner have, at most; one more gets 409. Default 10,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxInstancesPerOwner { get; set; } = 10_000;
}
