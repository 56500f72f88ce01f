using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.DataLayer.Services;

/// <summary>What any instance may say of itself when it registers.</summary>
public sealed record NewInstance : InstanceRegistration
{
    /// <summary>An instance that says nothing yet.</summary>
    [JsonConstructor]
    public NewInstance()
    {
    }

    /// <summary>What a process of the system says of itself.</summary>
    public NewInstance(InstanceRegistration registration)
        : base(registration)
    {
    }

    /// <summary>What the hub asks for its health, an absolute http or https address: 2xx means healthy.</summary>
    public string? HealthUrl { get; init; }

    /// <summary>Read-only: that of the path, or left out.</summary>
    public string? Id { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public ServiceStatus? Status { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? RegisteredAt { get; init; }

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, ServiceInstance stored)
    {
        errors.ReadOnly("status", Status, stored.Status);
        errors.ReadOnly("registered_at", RegisteredAt, stored.RegisteredAt);
    }

    /// <summary>Anything else, a JSON object of up to 4 KiB. Its <c>keywords</c>, a text or an array of texts, are searched.</summary>
    public RawJson Metadata { get; init; }
}
