using System.Buffers;
using System.Buffers.Binary;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>
/// Takes frames from what arrives, each as soon as it is there as a whole: without its padding, and a block of headers in one piece, however many frames
/// brought it. What breaks the protocol is an <see cref="InvalidDataException"/>: the connection can only be closed.
/// </summary>
internal sealed class FrameReader
{
    private const int MostHeaderBytes = 64 * 1024;
    private const int PriorityBytes = 5;

    private readonly ArrayBufferWriter<byte> _block = new();
    private Frame? _continued;

    /// <summary>Takes the next frame from <paramref name="bytes"/>, or leaves in it what is not yet one.</summary>
    /// <exception cref="InvalidDataException">The hub breaks the protocol.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out Frame frame, out ReadOnlySpan<byte> payload)
    {
        while (TryTake(ref bytes, out frame, out payload))
        {
            if (IsWhole(ref frame, ref payload))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The number with which a payload begins.</summary>
    /// <exception cref="InvalidDataException">It is too short to hold one.</exception>
    public static int Number(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadInt32BigEndian(payload.Length >= sizeof(int) ? payload : throw TooShort());

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, out Frame frame, out ReadOnlySpan<byte> payload)
    {
        frame = default;
        payload = default;
        if (bytes.Length < Frame.HeadBytes)
        {
            return false;
        }

        frame = Frame.Read(bytes);
        if (frame.Length > Frame.MostBytes)
        {
            throw new InvalidDataException("A frame is longer than was allowed.");
        }

        if (bytes.Length < Frame.HeadBytes + frame.Length)
        {
            return false;
        }

        payload = bytes.Slice(Frame.HeadBytes, frame.Length);
        bytes = bytes[(Frame.HeadBytes + frame.Length)..];
        return true;
    }

    private bool IsWhole(ref Frame frame, ref ReadOnlySpan<byte> payload)
    {
        if (_continued is { } first)
        {
            return Continue(first, ref frame, ref payload);
        }

        switch (frame.Type)
        {
            case FrameType.Data:
                payload = Unpadded(frame, payload);
                return true;
            case FrameType.Headers:
                payload = Unpadded(frame, payload);
                payload = frame.Has(FrameFlags.Priority) ? From(payload, PriorityBytes) : payload;
                if (frame.Has(FrameFlags.EndHeaders))
                {
                    return true;
                }

                _block.ResetWrittenCount();
                _block.Write(payload);
                _continued = frame;
                return false;
            case FrameType.PushPromise or FrameType.Continuation:
                throw new InvalidDataException($"The hub sent what it must not: {frame.Type}.");
            default:
                return true;
        }
    }

    private bool Continue(Frame first, ref Frame frame, ref ReadOnlySpan<byte> block)
    {
        if (frame.Type != FrameType.Continuation || frame.Stream != first.Stream || _block.WrittenCount + block.Length > MostHeaderBytes)
        {
            throw new InvalidDataException("A block of headers is not continued, or by another's, or without end.");
        }

        _block.Write(block);
        if (!frame.Has(FrameFlags.EndHeaders))
        {
            return false;
        }

        _continued = null;
        frame = first;
        block = _block.WrittenSpan;
        return true;
    }

    private static ReadOnlySpan<byte> Unpadded(Frame frame, ReadOnlySpan<byte> payload)
    {
        if (!frame.Has(FrameFlags.Padded))
        {
            return payload;
        }

        var rest = From(payload, 1);
        return payload[0] <= rest.Length ? rest[..^payload[0]] : throw new InvalidDataException("A frame is padded with more than there is.");
    }

    private static ReadOnlySpan<byte> From(ReadOnlySpan<byte> payload, int start) => payload.Length >= start ? payload[start..] : throw TooShort();

    private static InvalidDataException TooShort() => new("A frame is shorter than what it must have.");
}
