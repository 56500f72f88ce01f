using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// Where and how gateways share a cached response through Redis. Callers choose query strings, and writers end versions: so the keys of
/// the output cache are mapped to a fixed number of slots, whose values repeat the key. Responses without a query string have slots of
/// their own.
/// </summary>
internal static class SharedResponse
{
    /// <summary>Number of slots of responses with a query string, for each tag.</summary>
    internal const int QuerySlots = 512;

    private const int OwnSlots = 16;

    // With the slots this bounds what query strings take in Redis to 32 MiB for each tag.
    private const int MaxQueryResponseBytes = 64 * 1024;

    /// <summary>
    /// Whether the response of a key depends on a query string. <see cref="TaggedOutputCachePolicy"/> writes the query string into the
    /// key.
    /// </summary>
    public static bool HasQuery(string key) => key.Contains('?', StringComparison.Ordinal);

    /// <summary>Whether gateways share a response.</summary>
    /// <param name="key">The key in the output cache.</param>
    /// <param name="bytes">Bytes of the response.</param>
    public static bool IsShared(string key, int bytes) => !HasQuery(key) || bytes <= MaxQueryResponseBytes;

    /// <summary>The slot of a key, as a name within the keys of the output cache in Redis.</summary>
    public static string SlotOf(string key)
    {
        var hash = XxHash32.HashToUInt32(MemoryMarshal.AsBytes(key.AsSpan(TagSnapshot.PrefixLength(key)))); // without tag and version
        return HasQuery(key)
            ? string.Create(CultureInfo.InvariantCulture, $"{TagSnapshot.TagOf(key)}:query:{hash % QuerySlots}")
            : string.Create(CultureInfo.InvariantCulture, $"{TagSnapshot.TagOf(key)}:{hash % OwnSlots}");
    }

    /// <summary>The value of a slot.</summary>
    public static byte[] Write(string key, byte[] response)
    {
        var length = Encoding.UTF8.GetByteCount(key);
        var value = new byte[sizeof(int) + length + response.Length];
        BinaryPrimitives.WriteInt32LittleEndian(value, length);
        Encoding.UTF8.GetBytes(key, value.AsSpan(sizeof(int)));
        response.CopyTo(value, sizeof(int) + length);
        return value;
    }

    /// <summary>The response in a slot; null when the slot has none or that of another key.</summary>
    public static byte[]? Read(string key, byte[]? value)
    {
        if (value is null || value.Length < sizeof(int))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(value);
        return length == Encoding.UTF8.GetByteCount(key) && value.Length > sizeof(int) + length
            && value.AsSpan(sizeof(int), length).SequenceEqual(Encoding.UTF8.GetBytes(key))
                ? value[(sizeof(int) + length)..]
                : null;
    }
}
