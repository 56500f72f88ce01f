using System.Buffers;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Agents;

/// <summary>An agent and the JSON of its latest events, up to a number of bytes for both together.</summary>
internal sealed class AgentWithEvents(Agent agent, int maxBytes)
{
    private const int OtherFields = 512; // bytes of an agent beside its documents, names included

    private readonly ArrayBufferWriter<byte> _events = new();
    private readonly int _documents = agent.Configuration.Utf8.Length + agent.Metadata.Utf8.Length + OtherFields;
    private int _end;
    private bool _isCut;

    /// <summary>Adds an event; false when there is no room for it: then the list ends without it.</summary>
    public bool TryAdd(Event e)
    {
        _events.Write(_end == 0 ? "["u8 : ","u8);
        JsonBytes.Write(_events, e, StoryJson.Contracts.Event);
        _isCut = _documents + _events.WrittenCount > maxBytes;
        _end = _isCut ? _end : _events.WrittenCount;
        return !_isCut;
    }

    /// <summary>The agent with the events that were added.</summary>
    public Agent ToAgent()
    {
        var json = new byte[Math.Max(_end, 1) + 1];
        _events.WrittenSpan[.._end].CopyTo(json);
        (json[0], json[^1]) = ((byte)'[', (byte)']');
        return agent with { Events = new RawJson(json), EventsTruncated = _isCut ? true : null };
    }
}
