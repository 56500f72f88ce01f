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
}
