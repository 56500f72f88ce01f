using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace StoryPortal.Gateway.Caching;

/// <summary>An answer that is kept: its bytes as the hub sent them, and as they are compressed when the first caller asks for it.</summary>
/// <param name="fetchedAt">When it was asked for, in milliseconds since 1970: whatever was true before may be in it, nothing of what came later need be.</param>
/// <param name="headers">The headers that belong to it.</param>
/// <param name="body">The body, not compressed.</param>
internal sealed class CachedAnswer(long fetchedAt, KeyValuePair<string, StringValues>[] headers, byte[] body)
{
    private byte[]? _brotli;
    private byte[]? _gzip;

    public long FetchedAt => fetchedAt;

    public KeyValuePair<string, StringValues>[] Headers => headers;

    public byte[] Body => body;

    /// <summary>The route that the hub says has answered.</summary>
    public string? Route { get; init; }

    public StringValues EntityTag { get; } = headers.FirstOrDefault(header => header.Key == "ETag").Value;

    // Two who ask at once make it twice and the same.
    public byte[] Brotli => _brotli ??= Compress(stream => new BrotliStream(stream, CompressionLevel.Optimal));

    public byte[] Gzip => _gzip ??= Compress(stream => new GZipStream(stream, CompressionLevel.Optimal));

    private byte[] Compress(Func<Stream, Stream> compressing)
    {
        using var compressed = new MemoryStream(body.Length / 4);
        using (var compressor = compressing(compressed))
        {
            compressor.Write(body);
        }

        return compressed.ToArray();
    }
}
