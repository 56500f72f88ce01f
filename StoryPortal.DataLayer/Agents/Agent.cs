using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Agents;

/// <summary>An AI agent.</summary>
public sealed record Agent
{
    /// <summary>How agents are stored.</summary>
    internal static readonly ColumnMap<Agent> Map = new ColumnMap<Agent>("agents")
        .Key(agent => agent.Id)
        .Column(agent => agent.Name)
        .Column(agent => agent.Type)
        .Column(agent => agent.Status)
        .Column(agent => agent.Configuration)
        .Column(agent => agent.Metadata)
        .Column(agent => agent.CreatedAt, OnConflict.Keep)
        .Column(agent => agent.UpdatedAt, OnConflict.Follow)
        .Column(agent => agent.Owner);

    /// <summary>Its id, chosen by the client or a UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its kind, 1 to 100 characters.</summary>
    public required string Type { get; init; }

    /// <summary>What it is doing.</summary>
    public required AgentStatus Status { get; init; }

    /// <summary>How it is set up: a JSON object.</summary>
    public required RawJson Configuration { get; init; }

    /// <summary>What else is known of it: a JSON object.</summary>
    public required RawJson Metadata { get; init; }

    /// <summary>When it was first stored.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The person or team that is responsible for it, 1 to 200 characters; left out where none is known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }

    /// <summary>Its latest events, newest first; only with <c>include=events</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RawJson? Events { get; init; }

    /// <summary>True when <c>events</c> lacks some of the events that were asked for, because they would make the page too large; else left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? EventsTruncated { get; init; }
}
