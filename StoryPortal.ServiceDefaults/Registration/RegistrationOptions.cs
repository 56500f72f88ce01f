using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Registration;

/// <summary>How this process appears in the service registry, section <c>Registration</c>.</summary>
public sealed class RegistrationOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Registration";

    /// <summary>The layer it belongs to, such as <c>L12</c>. Each process sets its own default.</summary>
    public string Layer { get; set; } = "";

    /// <summary>What it does, in a sentence. Each process sets its own default.</summary>
    public string Description { get; set; } = "";

    /// <summary>Words to find it by. Each process sets its own defaults.</summary>
    public IReadOnlyList<string> Tags { get; set; } = [];

    /// <summary>The address that others reach this instance under; without one the process does not register.</summary>
    [Url]
    public string? Url { get; set; }

    /// <summary>This instance among those of its service. Default: the machine's name and the port of <see cref="Url"/>, the same after a restart.</summary>
    public string? InstanceId { get; set; }

    /// <summary>Seconds without a sign of life after which it counts as critical; it gives one every third of that. Default 30.</summary>
    [Range(3, 3600)]
    public int LeaseSeconds { get; set; } = 30;

    internal string Id => InstanceId ?? $"{Environment.MachineName}-{(Url is null ? Environment.ProcessId : new Uri(Url).Port)}".ToLowerInvariant();
}
