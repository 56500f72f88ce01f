using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace StoryPortal.DataLayer.Caching;

/// <summary>What the caches of a system tell each other.</summary>
internal enum CacheMessageKind : byte
{
    /// <summary>To oneself: the channel works, in both directions.</summary>
    Beat = 1,

    /// <summary>To everybody: these slots are invalid.</summary>
    Invalidate = 2,

    /// <summary>To the sender of an invalidation: it has been done.</summary>
    Done = 3,

    /// <summary>To everybody: these slots may be invalid.</summary>
    Doubt = 4,
}

/// <summary>A message on the channel of the caches: kind, sender, number, then slots (invalidation) or the addressee (acknowledgement).</summary>
internal readonly ref struct CacheMessage(CacheMessageKind kind, ulong sender, long number, ReadOnlySpan<byte> rest)
{
    private const int SenderAt = 1;
    private const int NumberAt = SenderAt + sizeof(ulong);
    private const int Head = NumberAt + sizeof(long);

    public CacheMessageKind Kind { get; } = kind;

    public ulong Sender { get; } = sender;

    public long Number { get; } = number;

    private readonly ReadOnlySpan<byte> _rest = rest;

    public ReadOnlySpan<int> Slots => MemoryMarshal.Cast<byte, int>(_rest);

    public ulong Addressee => BinaryPrimitives.ReadUInt64LittleEndian(_rest);

    public static byte[] Beat(ulong sender, long number) => Write(CacheMessageKind.Beat, sender, number, []);

    public static byte[] Invalidate(ulong sender, long number, ReadOnlySpan<int> slots, bool doubtful = false) =>
        Write(doubtful ? CacheMessageKind.Doubt : CacheMessageKind.Invalidate, sender, number, MemoryMarshal.AsBytes(slots));

    public static byte[] Done(ulong sender, long number, ulong addressee) =>
        Write(CacheMessageKind.Done, sender, number, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in addressee)));

    public static bool TryRead(ReadOnlySpan<byte> bytes, out CacheMessage message)
    {
        message = default;
        if (bytes.Length < Head || (bytes[0] == (byte)CacheMessageKind.Done && bytes.Length < Head + sizeof(ulong)))
        {
            return false;
        }

        message = new CacheMessage(
            (CacheMessageKind)bytes[0],
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[SenderAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[NumberAt..]),
            bytes[Head..]);
        return true;
    }

    private static byte[] Write(CacheMessageKind kind, ulong sender, long number, ReadOnlySpan<byte> rest)
    {
        var bytes = new byte[Head + rest.Length];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(SenderAt), sender);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(NumberAt), number);
        rest.CopyTo(bytes.AsSpan(Head));
        return bytes;
    }
}
