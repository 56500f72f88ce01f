using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Models;

/// <summary>A language model and how agents call it.</summary>
public sealed record ModelConfig
{
    /// <summary>How model configs are stored.</summary>
    internal static readonly ColumnMap<ModelConfig> Map = new ColumnMap<ModelConfig>("model_configs")
        .Key(config => config.Id)
        .Column(config => config.Provider)
        .Column(config => config.Model)
        .Column(config => config.Parameters)
        .Column(config => config.Enabled)
        .Column(config => config.UpdatedAt, OnConflict.Follow);

    /// <summary>Its id, 1 to 200 characters, chosen by the client.</summary>
    public required string Id { get; init; }

    /// <summary>Who serves it, 1 to 100 characters.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's name of it, 1 to 200 characters.</summary>
    public required string Model { get; init; }

    /// <summary>How it is called: a JSON object.</summary>
    public required RawJson Parameters { get; init; }

    /// <summary>Whether it may be used.</summary>
    public required bool Enabled { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
