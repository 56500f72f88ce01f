using System.Buffers;
using System.Text;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.ServiceHub.Events.Stream;

/// <summary>What is sent in one piece, made once for all streams.</summary>
/// <param name="Utf8">The text, with the empty line that ends it.</param>
/// <param name="Id">The event's id; null when it is no event.</param>
internal sealed record StreamFrame(ReadOnlyMemory<byte> Utf8, Guid? Id)
{
    /// <summary>A comment, by which both ends know that the other is there.</summary>
    public static StreamFrame Heartbeat { get; } = new(": still here\n\n"u8.ToArray(), null);

    /// <summary>The beginning: when to come again after an end.</summary>
    public static StreamFrame Opening { get; } = new("retry: 1000\n: open\n\n"u8.ToArray(), null);

    /// <summary>An event.</summary>
    public static StreamFrame Of(Event e)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + e.Payload.Utf8.Length);
        // A line break within the type would end the line; data holds the type as it is.
        Encoding.UTF8.GetBytes($"id: {e.Id}\nevent: {e.Type.ReplaceLineEndings(" ").Replace('\r', ' ').Replace('\n', ' ')}\ndata: ", buffer);
        JsonBytes.Write(buffer, e, StoryJson.Contracts.Event);
        buffer.Write("\n\n"u8);
        return new StreamFrame(buffer.WrittenMemory, e.Id);
    }

    /// <summary>The end of a stream and why it ends, with the event from which to resume.</summary>
    public static StreamFrame End(string name, Guid? last) => new(StreamEnd.Of(name, last), null);
}
