using System.IO.Hashing;
using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Caching;

/// <summary>An answer as it comes from the database, before it is cached.</summary>
/// <param name="Json">The UTF-8 JSON that the API sends.</param>
/// <param name="Link">The <c>Link</c> header that goes with it, or null.</param>
public sealed record Answer(byte[] Json, string? Link = null)
{
    /// <summary>The answer that shows <paramref name="value"/>; null for null.</summary>
    public static Answer? Of<T>(T? value, JsonTypeInfo<T> type, string? link = null) where T : class =>
        value is null ? null : new Answer(JsonBytes.Of(value, type), link);
}

/// <summary>An answer as it is kept: ready for the socket.</summary>
public sealed class CachedAnswer
{
    private const int Overhead = 400; // objects, key and bookkeeping, in bytes

    private long _retryAt;

    internal CachedAnswer(ReadOnlyMemory<byte> json, UInt128 hash, string? link, DateTimeOffset freshUntil, DateTimeOffset loadedAt, Generations.Stamp stamp)
    {
        (Json, Hash, Link, FreshUntil, LoadedAt, Stamp) = (json, hash, link, freshUntil, loadedAt, stamp);
        EntityTag = json.IsEmpty ? "" : TagOf(hash);
    }

    internal CachedAnswer(Answer answer, DateTimeOffset freshUntil, DateTimeOffset loadedAt, Generations.Stamp stamp)
        : this(answer.Json, XxHash128.HashToUInt128(answer.Json), answer.Link, freshUntil, loadedAt, stamp)
    {
    }

    /// <summary>The UTF-8 JSON that the API sends; empty: there is no such thing.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The <c>ETag</c> header.</summary>
    public string EntityTag { get; }

    /// <summary>The <c>Link</c> header, or null.</summary>
    public string? Link { get; }

    /// <summary>When it becomes stale.</summary>
    public DateTimeOffset FreshUntil { get; }

    internal UInt128 Hash { get; }

    /// <summary>When this process got it, from wherever.</summary>
    internal DateTimeOffset LoadedAt { get; }

    internal Generations.Stamp Stamp { get; }

    internal long Size => Json.Length + Overhead;

    /// <summary>Until when it is served although it is stale, before the database is asked again.</summary>
    internal DateTimeOffset RetryAt
    {
        get => new(Volatile.Read(ref _retryAt), TimeSpan.Zero);
        set => Volatile.Write(ref _retryAt, value.UtcTicks);
    }

    /// <summary>The <c>ETag</c> header of an answer.</summary>
    public static string TagOf(ReadOnlySpan<byte> json) => TagOf(XxHash128.HashToUInt128(json));

    private static string TagOf(UInt128 hash) => $"\"{hash:x32}\"";
}
