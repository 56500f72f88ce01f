using System.Buffers;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>Logged requests that are sent together, as the JSON array that a hub takes.</summary>
internal sealed class RequestLogBatch
{
    private readonly ArrayBufferWriter<byte> _json = new();

    /// <summary>How many requests it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a request's JSON.</summary>
    public void Add(ReadOnlySpan<byte> request)
    {
        _json.Write(Count == 0 ? "["u8 : ","u8);
        _json.Write(request);
        Count++;
    }

    /// <summary>Ends the array. Nothing is added afterwards.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        _json.Write("]"u8);
        return _json.WrittenMemory;
    }

    /// <summary>Makes it an empty one that keeps its memory.</summary>
    public void Clear()
    {
        _json.ResetWrittenCount();
        Count = 0;
    }
}
