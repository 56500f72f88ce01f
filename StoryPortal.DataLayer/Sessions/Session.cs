using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>A stretch of work or talk that belongs together.</summary>
public sealed record Session
{
    /// <summary>How sessions are stored. A session has an end exactly while it is not active.</summary>
    internal static readonly ColumnMap<Session> Map = new ColumnMap<Session>("sessions")
        .Key(session => session.Id)
        .Column(session => session.AgentId)
        .Column(session => session.UserId)
        .Column(session => session.Type)
        .Column(session => session.IsActive)
        .Column(session => session.Context)
        .Column(session => session.CreatedAt, OnConflict.Keep)
        .Column(session => session.UpdatedAt, OnConflict.Follow)
        .Column(
            session => session.EndedAt,
            OnConflict.Follow,
            inUpsert: "CASE WHEN excluded.is_active THEN NULL ELSE coalesce(sessions.ended_at, excluded.ended_at) END",
            inPatch: "CASE WHEN {is_active} THEN NULL ELSE coalesce(t.ended_at, {now}) END");

    /// <summary>Its id, chosen by the client or a UUIDv7.</summary>
    public required Guid Id { get; init; }

    /// <summary>The agent that works in it.</summary>
    public Guid? AgentId { get; init; }

    /// <summary>The user it is for, 1 to 200 characters.</summary>
    public string? UserId { get; init; }

    /// <summary>Its kind, 1 to 100 characters, such as <c>chat</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Whether it goes on.</summary>
    public required bool IsActive { get; init; }

    /// <summary>What is known in it: a JSON object.</summary>
    public required RawJson Context { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it ended; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}
