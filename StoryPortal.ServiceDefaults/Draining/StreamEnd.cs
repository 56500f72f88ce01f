using System.Text;

namespace StoryPortal.ServiceDefaults.Draining;

/// <summary>The last word of a stream of events, whoever ends it.</summary>
public static class StreamEnd
{
    /// <summary>Its name where the server ends the stream in order.</summary>
    public const string Ended = "stream.end";

    /// <summary>The message: why the stream ends, and the event from which to resume.</summary>
    /// <param name="name">Why it ends.</param>
    /// <param name="last">The last event that was sent; null without any.</param>
    public static byte[] Of(string name, Guid? last)
    {
        var data = last is null ? "null" : $"\"{last}\"";
        return Encoding.UTF8.GetBytes($"event: {name}\ndata: {{\"last_event_id\":{data}}}\n\n");
    }
}
