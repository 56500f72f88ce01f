using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace StoryPortal.DataLayer.Paging;

/// <summary>Ties a cursor to its list. It finds mistakes, not forgers: a cursor gives nobody more than its list does.</summary>
internal static class CursorChecksum
{
    public static uint Of(string list, ReadOnlySpan<byte> key) =>
        XxHash32.HashToUInt32(key, (int)XxHash32.HashToUInt32(MemoryMarshal.AsBytes(list.AsSpan())));
}
