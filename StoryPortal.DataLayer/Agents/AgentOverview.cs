using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.QualityScores;

namespace StoryPortal.DataLayer.Agents;

/// <summary>An agent, what it did last, and how it does.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Events">Its latest ten events, newest first.</param>
/// <param name="Metrics">How it does.</param>
public sealed record AgentOverview(Agent Agent, RawJson Events, AgentMetrics Metrics);

/// <summary>How an agent does.</summary>
public sealed record AgentMetrics
{
    /// <summary>Its events in all.</summary>
    public required long EventsTotal { get; init; }

    /// <summary>Its events of the last 24 hours.</summary>
    [JsonPropertyName("events_last_24h")]
    public required long EventsLast24Hours { get; init; }

    /// <summary>When its latest event happened; null: it has none.</summary>
    public required DateTimeOffset? LastEventAt { get; init; }

    /// <summary>Its sessions that have not ended.</summary>
    public required long ActiveSessions { get; init; }

    /// <summary>Its latest quality score, that of component type <c>agent</c> and its id; null: it has none.</summary>
    public required QualityScore? QualityScore { get; init; }
}
