using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Services;

/// <summary>Whether a service or one of its instances can be used.</summary>
[JsonConverter(typeof(EnumTextConverter<ServiceStatus>))]
public enum ServiceStatus
{
    /// <summary>Every instance keeps its lease, and none fails its health check.</summary>
    Passing,

    /// <summary>Some instances are critical.</summary>
    Warning,

    /// <summary>No instance can be used.</summary>
    Critical,
}

/// <summary>A service of the registry with its instances.</summary>
/// <param name="Name">Its name, unique.</param>
/// <param name="Version">The version that registered last.</param>
/// <param name="Layer">The layer of the system it belongs to.</param>
/// <param name="Description">What it does.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Status">Derived from its instances.</param>
/// <param name="Instances">Its instances, by id.</param>
public sealed record Service(
    string Name, string? Version, string? Layer, string? Description, IReadOnlyList<string> Tags, ServiceStatus Status, IReadOnlyList<ServiceInstance> Instances)
{
    /// <summary>In the answer to a search: how well it fits, above 0 and up to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Score { get; init; }
}

/// <summary>One running copy of a service.</summary>
/// <param name="Id">Its id, unique within the service.</param>
/// <param name="Url">Where it is reached.</param>
/// <param name="Version">The version it runs.</param>
/// <param name="Status">Passing while it keeps its lease and its health check does not fail, else critical.</param>
/// <param name="LeaseSeconds">Seconds without a sign of life after which it counts as critical.</param>
/// <param name="HealthUrl">What the hub asks for its health, or null.</param>
/// <param name="Metadata">What it says of itself beside: a JSON object.</param>
/// <param name="RegisteredAt">When it came.</param>
public sealed record ServiceInstance(
    string Id, string Url, string? Version, ServiceStatus Status, int LeaseSeconds, string? HealthUrl, RawJson Metadata, DateTimeOffset RegisteredAt);

/// <summary>The whole registry at one moment.</summary>
/// <param name="Index">The number of the change that made it so: each change has a higher one.</param>
/// <param name="Services">Every service, by name.</param>
public sealed record RegistryState(long Index, IReadOnlyList<Service> Services);
