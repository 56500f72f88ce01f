using System.Buffers.Binary;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>The head of a frame (RFC 9113, section 4.1): what it is, of which stream, and how much follows.</summary>
internal readonly record struct Frame(int Length, FrameType Type, FrameFlags Flags, int Stream)
{
    public const int HeadBytes = 9;

    /// <summary>What may follow, as long as nobody says otherwise.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>Of settings and pings: it answers one.</summary>
    public const FrameFlags Acknowledged = FrameFlags.EndStream;

    public bool Has(FrameFlags flag) => (Flags & flag) != 0;

    public static Frame Read(ReadOnlySpan<byte> head) =>
        new((head[0] << 16) | (head[1] << 8) | head[2], (FrameType)head[3], (FrameFlags)head[4], BinaryPrimitives.ReadInt32BigEndian(head[5..]) & int.MaxValue);

    public void Write(Span<byte> head)
    {
        (head[0], head[1], head[2]) = ((byte)(Length >> 16), (byte)(Length >> 8), (byte)Length);
        (head[3], head[4]) = ((byte)Type, (byte)Flags);
        BinaryPrimitives.WriteInt32BigEndian(head[5..], Stream);
    }
}

/// <summary>What a frame is (RFC 9113, section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    Reset = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>What is said of a frame.</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    EndStream = 1,
    EndHeaders = 4,
    Padded = 8,
    Priority = 32,
}
