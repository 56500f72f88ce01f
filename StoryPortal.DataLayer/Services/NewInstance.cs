using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;
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

    /// <summary>Anything else, a JSON object of up to 4 KiB. Its <c>keywords</c>, a text or an array of texts, are searched.</summary>
    public RawJson Metadata { get; init; }
}
