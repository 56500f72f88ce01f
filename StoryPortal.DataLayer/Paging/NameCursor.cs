using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace StoryPortal.DataLayer.Paging;

/// <summary>Where a page of a list ended that is sorted by name. Opaque and checked like <see cref="TimeCursor"/>.</summary>
/// <param name="Name">The name of the last row.</param>
public readonly record struct NameCursor(string Name)
{
    private const int LongestText = 2048;

    /// <summary>The cursor's text, for the list named <paramref name="list"/>.</summary>
    public string ToText(string list)
    {
        var name = Encoding.UTF8.GetBytes(Name);
        var bytes = new byte[sizeof(uint) + name.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, CursorChecksum.Of(list, name));
        name.CopyTo(bytes, sizeof(uint));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads the text of a cursor of the list named <paramref name="list"/>.</summary>
    public static bool TryParse(string text, string list, out NameCursor cursor)
    {
        cursor = default;
        if (text.Length > LongestText || !Base64Url.IsValid(text, out var length) || length <= sizeof(uint))
        {
            return false;
        }

        var bytes = Base64Url.DecodeFromChars(text);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != CursorChecksum.Of(list, bytes.AsSpan(sizeof(uint))))
        {
            return false;
        }

        cursor = new NameCursor(Encoding.UTF8.GetString(bytes, sizeof(uint), bytes.Length - sizeof(uint)));
        return !cursor.Name.Contains('\0'); // no name has it, and Postgres would refuse it
    }
}
