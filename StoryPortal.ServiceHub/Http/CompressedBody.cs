using System.IO.Compression;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// A compressed request body. The framework's decoders stop at the end of the compressed data and do not say what follows it, so this stream, which
/// they read from, records how far they came. A decoder that meets the end of the body too early throws by itself: the project file sets
/// <c>System.IO.Compression.UseStrictValidation</c>.
/// </summary>
internal sealed class CompressedBody : Stream
{
    /// <summary>The content codings that a request body may have, for <c>Accept-Encoding</c> of a 415 response (RFC 9110 §12.5.3).</summary>
    public const string Codings = "gzip, deflate, br";

    private readonly Stream _body;
    private readonly bool _hasMembers;
    private byte? _held;
    private bool _isLastRead;
    private bool _isEndRead;
    private bool _isDisposed;

    private CompressedBody(Stream body, bool hasMembers, Func<Stream, Stream> decoder) => (_body, _hasMembers, Decoded) = (body, hasMembers, decoder(this));

    /// <summary>The decompressed bytes.</summary>
    public Stream Decoded { get; }

    /// <summary>
    /// Whether the compressed data ends where the body ends; valid when <see cref="Decoded"/> has been read to its end. A gzip decoder looks for a further
    /// member (RFC 1952 §2.2) until it reads the end of the body; the other decoders stop at the last byte.
    /// </summary>
    public bool IsWhole => _hasMembers ? _isEndRead : _isLastRead;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The body as one compressed in <paramref name="coding"/>; null for a coding that is not accepted.</summary>
    public static CompressedBody? Open(Stream body, string coding) => coding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new(body, hasMembers: true, static source => new GZipStream(source, CompressionMode.Decompress)), // RFC 9110 §8.4.1.3: one coding
        "deflate" => new(body, hasMembers: false, static source => new ZLibStream(source, CompressionMode.Decompress)),
        "br" => new(body, hasMembers: false, static source => new BrotliStream(source, CompressionMode.Decompress)),
        _ => null,
    };

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The decoder disposes of its source, which is this stream; the body belongs to the server.
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            Decoded.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The last byte is returned by itself: a decoder that does not ask for it has ended before the body.
        while (!_isLastRead && await _body.ReadAsync(buffer, cancellationToken) is > 0 and var length)
        {
            var held = _held;
            _held = buffer.Span[length - 1];
            if (held is { } first)
            {
                buffer.Span[..(length - 1)].CopyTo(buffer.Span[1..]);
                buffer.Span[0] = first;
                return length;
            }

            if (length > 1)
            {
                return length - 1;
            }
        }

        if (_isLastRead || _held is not { } last)
        {
            _isEndRead = true;
            return 0;
        }

        _isLastRead = true;
        buffer.Span[0] = last;
        return 1;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
