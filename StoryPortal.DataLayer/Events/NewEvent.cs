using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Events;

/// <summary>An event as a client sends it.</summary>
public sealed record NewEvent
{
    /// <summary>Its id; a UUIDv7 is made when there is none. With an id of its own a client can send an event again without storing it twice.</summary>
    public Guid? Id { get; init; }

    /// <summary>
    /// Its type, 1 to 200 characters. Types that begin with <c>admin.</c>, <c>service.</c> or <c>stream.</c> are the system's own.
    /// </summary>
    [Required, MaxLength(200)]
    public string? Type { get; init; }

    /// <summary>When it happened. Default: now.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The agent that did it; it need not be known yet.</summary>
    public Guid? AgentId { get; init; }

    /// <summary>The session in which it was done.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>What happened: any JSON value, null among them. Default <c>{}</c>.</summary>
    public RawJson Payload { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }

    /// <summary>Read-only: the value that was read, or left out.</summary>
    public EventOrigin? Origin { get; init; }

    /// <summary>Whether it repeats an event with its id that is stored: it has the same type.</summary>
    public bool IsRepeatOf(StoredEvent stored) => Id is not null && Type == stored.Type;

    /// <summary>Adds an error for every read-only member that differs from what is stored.</summary>
    public void CheckReadOnly(InputErrors errors, StoredEvent stored)
    {
        errors.ReadOnly("received_at", ReceivedAt, stored.ReceivedAt);
        errors.ReadOnly("origin", Origin, stored.Origin);
    }

    /// <summary>Notes what is wrong and returns the event to store.</summary>
    public Event Validate(InputErrors errors, DateTimeOffset now) => new()
    {
        Id = Id ?? Guid.CreateVersion7(now),
        Type = errors.Required("type", Type, 200),
        Timestamp = Timestamp ?? now,
        AgentId = AgentId,
        SessionId = SessionId,
        Payload = Payload,
        ReceivedAt = now,
        Origin = EventOrigin.Client,
    };
}
