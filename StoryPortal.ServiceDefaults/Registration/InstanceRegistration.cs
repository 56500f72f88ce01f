using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Registration;

/// <summary>What an instance says of itself when it registers.</summary>
public record InstanceRegistration
{
    /// <summary>Where the instance is reached, an absolute http or https address.</summary>
    [Required]
    public string? Url { get; init; }

    /// <summary>The version it runs.</summary>
    public string? Version { get; init; }

    /// <summary>The layer of the system it belongs to, such as <c>L12</c>.</summary>
    public string? Layer { get; init; }

    /// <summary>What the service does, in a sentence.</summary>
    public string? Description { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Seconds without a sign of life after which the instance counts as critical. Default 30.</summary>
    public int? LeaseSeconds { get; init; }
}
