using System.Buffers.Binary;
using System.Buffers.Text;

namespace StoryPortal.DataLayer.Paging;

/// <summary>
/// Where a page of a list ended that is sorted by time, newest first, then by id. Its text is opaque to clients: base64url of the time, the id and
/// a checksum that also covers the list's name, so that a cursor of another list is refused.
/// </summary>
/// <param name="Time">The time of the last row.</param>
/// <param name="Id">The id of the last row.</param>
public readonly record struct TimeCursor(DateTimeOffset Time, Guid Id)
{
    private const int KeyLength = sizeof(long) + 16;
    private const int Length = KeyLength + sizeof(uint);

    /// <summary>The cursor's text, for the list named <paramref name="list"/>.</summary>
    public string ToText(string list)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Time.UtcTicks);
        Id.TryWriteBytes(bytes[sizeof(long)..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[KeyLength..], CursorChecksum.Of(list, bytes[..KeyLength]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads the text of a cursor of the list named <paramref name="list"/>.</summary>
    public static bool TryParse(string text, string list, out TimeCursor cursor)
    {
        cursor = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length)
            || !Base64Url.IsValid(text) || Base64Url.DecodeFromChars(text, bytes) != Length
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[KeyLength..]) != CursorChecksum.Of(list, bytes[..KeyLength]))
        {
            return false;
        }

        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTimeOffset.MinValue.Ticks || ticks > DateTimeOffset.MaxValue.Ticks)
        {
            return false;
        }

        cursor = new TimeCursor(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes.Slice(sizeof(long), 16), bigEndian: true));
        return true;
    }
}
