using System.Buffers.Binary;

namespace StoryPortal.Generator;

/// <summary>UUIDv7s that the seed decides, where the platform's are random.</summary>
internal static class Ids
{
    // Of ids whose time says nothing.
    private static readonly DateTime Epoch = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The next id that depends on the seed alone and not on the time of the row.</summary>
    public static Guid Next(Random random) => Next(random, Epoch);

    /// <summary>The next id for a row of <paramref name="time"/>.</summary>
    public static Guid Next(Random random, DateTime time)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        var milliseconds = (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(milliseconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)milliseconds);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x70);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>As many ids as asked for, of the seed alone.</summary>
    public static Guid[] Many(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Next(random))];
    }
}
