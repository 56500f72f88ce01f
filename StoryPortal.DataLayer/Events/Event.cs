using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Events;

/// <summary>Something that an agent or a tool did.</summary>
public sealed record Event
{
    /// <summary>Its id, chosen by the client or a UUIDv7. An event with an id that is there already is a repeat, and changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its type, 1 to 200 characters, such as <c>commit.src</c>.</summary>
    public required string Type { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The agent that did it.</summary>
    public Guid? AgentId { get; init; }

    /// <summary>The session in which it was done.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>What happened: any JSON value.</summary>
    public required RawJson Payload { get; init; }

    /// <summary>When it was stored.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Who wrote it, set by the server. Null: it was stored before this was recorded.</summary>
    public EventOrigin? Origin { get; init; }
}

/// <summary>What never changes of an event that is stored.</summary>
/// <param name="Type">The type.</param>
/// <param name="ReceivedAt">When it was stored.</param>
/// <param name="Origin">Who wrote it; null: not recorded.</param>
public sealed record StoredEvent(string Type, DateTimeOffset ReceivedAt, EventOrigin? Origin)
{
    /// <summary>The same of an event that was read.</summary>
    public StoredEvent(Event e)
        : this(e.Type, e.ReceivedAt, e.Origin)
    {
    }
}
