using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Models;

/// <summary>A model config as a client puts it. What is left out takes its default.</summary>
public sealed record NewModelConfig
{
    /// <summary>Its id, when it is sent, is that of the path.</summary>
    public string? Id { get; init; }

    /// <summary>Who serves it, 1 to 100 characters.</summary>
    [Required, MaxLength(100)]
    public string? Provider { get; init; }

    /// <summary>The provider's name of it, 1 to 200 characters.</summary>
    [Required, MaxLength(200)]
    public string? Model { get; init; }

    /// <summary>How it is called: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Parameters { get; init; }

    /// <summary>Whether it may be used. Default true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, ModelConfig stored) => errors.ReadOnly("updated_at", UpdatedAt, stored.UpdatedAt);

    /// <summary>Notes what is wrong and returns the config to store as <paramref name="id"/>.</summary>
    public ModelConfig Validate(string id, InputErrors errors, DateTimeOffset now)
    {
        if (Id is not null && Id != id)
        {
            errors.Add("id", $"is '{Id}', and the path says '{id}'.");
        }

        return new ModelConfig
        {
            Id = errors.Required("id", id, 200),
            Provider = errors.Required("provider", Provider, 100),
            Model = errors.Required("model", Model, 200),
            Parameters = errors.JsonObject("parameters", Parameters),
            Enabled = Enabled ?? true,
            UpdatedAt = now,
        };
    }
}
