using System.Buffers.Binary;
using System.Text;

namespace StoryPortal.DataLayer.Caching;

/// <summary>
/// The versions of the tags of an answer in Redis: random, never used twice. An answer there is valid while its versions are the present ones;
/// to invalidate is to delete a version, which works on a full server too, and a version that was evicted or has expired takes its answers along.
/// </summary>
internal readonly record struct Versions(ulong Everything, ulong Tag);

/// <summary>
/// The format of a response in Redis: a head of fixed length, the query string whose response it is, the <c>Link</c> header, the JSON as
/// it is.
/// </summary>
internal static class StoredAnswer
{
    private const byte Format = 2;
    private const int FreshAt = 1;
    private const int EverythingAt = FreshAt + sizeof(long);
    private const int TagAt = EverythingAt + sizeof(ulong);
    private const int HashAt = TagAt + sizeof(ulong);
    private const int LinkLengthAt = HashAt + 16;
    private const int QueryLengthAt = LinkLengthAt + sizeof(ushort);
    private const int Head = QueryLengthAt + sizeof(ushort);

    public static byte[] Write(CacheKey key, CachedAnswer answer, Versions versions)
    {
        var queryLength = Encoding.UTF8.GetByteCount(key.Query);
        var linkLength = answer.Link is null ? 0 : Encoding.UTF8.GetByteCount(answer.Link);
        var bytes = new byte[Head + queryLength + linkLength + answer.Json.Length];
        bytes[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(FreshAt), answer.FreshUntil.UtcTicks);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(EverythingAt), versions.Everything);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(TagAt), versions.Tag);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.AsSpan(HashAt), answer.Hash);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(LinkLengthAt), (ushort)linkLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(QueryLengthAt), (ushort)queryLength);
        Encoding.UTF8.GetBytes(key.Query, bytes.AsSpan(Head));
        Encoding.UTF8.GetBytes(answer.Link ?? "", bytes.AsSpan(Head + queryLength));
        answer.Json.Span.CopyTo(bytes.AsSpan(Head + queryLength + linkLength));
        return bytes;
    }

    /// <summary>
    /// Reads what <see cref="Write"/> wrote; null for anything else, for the response of another query string, and for one that has been
    /// invalidated.
    /// </summary>
    public static CachedAnswer? Read(CacheKey key, byte[]? bytes, Versions versions, Generations.Stamp stamp, DateTimeOffset now)
    {
        if (bytes is null || bytes.Length <= Head || bytes[0] != Format
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(EverythingAt)) != versions.Everything
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(TagAt)) != versions.Tag)
        {
            return null;
        }

        var linkLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(LinkLengthAt));
        var queryLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(QueryLengthAt));
        var jsonAt = Head + queryLength + linkLength;
        return bytes.Length <= jsonAt || Encoding.UTF8.GetString(bytes, Head, queryLength) != key.Query
            ? null
            : new CachedAnswer(
                bytes.AsMemory(jsonAt),
                BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(HashAt)),
                linkLength == 0 ? null : Encoding.UTF8.GetString(bytes, Head + queryLength, linkLength),
                new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(FreshAt)), TimeSpan.Zero),
                now,
                stamp);
    }
}
