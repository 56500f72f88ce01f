using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Agents;

/// <summary>What an agent is doing.</summary>
[JsonConverter(typeof(EnumTextConverter<AgentStatus>))]
public enum AgentStatus
{
    /// <summary>Known, and not started yet.</summary>
    Created,

    /// <summary>Running.</summary>
    Active,

    /// <summary>Running, with nothing to do.</summary>
    Idle,

    /// <summary>Running, and taking no more work.</summary>
    Busy,

    /// <summary>Held by an operator.</summary>
    Suspended,

    /// <summary>Ended for good.</summary>
    Terminated,

    /// <summary>Stopped by a failure.</summary>
    Error,
}
