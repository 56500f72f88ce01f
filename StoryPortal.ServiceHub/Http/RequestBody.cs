using System.Buffers;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>A request's whole body in one pooled buffer.</summary>
internal readonly struct RequestBody : IDisposable
{
    private const int FirstSize = 4096;

    // A length that is only claimed gets no more memory than this: the rest comes with the bytes.
    private const int MostOnTrust = 256 * 1024;

    private static readonly LargeArrays Large = new(TimeProvider.System);

    private readonly byte[] _buffer;
    private readonly int _length;

    private RequestBody(byte[] buffer, int length) => (_buffer, _length) = (buffer, length);

    /// <summary>The bytes, until the body is disposed.</summary>
    public ReadOnlyMemory<byte> Utf8 => _buffer.AsMemory(0, _length);

    /// <summary>Reads to the end; the endpoint's body limit guards how much that can be.</summary>
    /// <exception cref="InputException">The body is empty, or compressed in a way that is not taken or not valid.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // The decompression middleware takes the header away from whatever it could undo.
        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new InputException(
                "Content-Encoding", $"'{request.Headers.ContentEncoding}' is not taken; send gzip, br, deflate or none.", StatusCodes.Status415UnsupportedMediaType);
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(request.ContentLength + 1 ?? 0, FirstSize, MostOnTrust));
        var length = 0;
        try
        {
            while (await request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
            {
                length += read;
                if (length == BodyLimits.Batch)
                {
                    await RequireEndAsync(request.Body, cancellationToken); // no endpoint takes more: nothing larger is ever held
                    break;
                }

                if (length == buffer.Length)
                {
                    Grow(ref buffer);
                }
            }

            return length > 0 ? new RequestBody(buffer, length) : throw new InputException("body", "is empty.");
        }
        catch (Exception exception)
        {
            Return(buffer);
            if (Refusal(exception) is { } refusal)
            {
                throw refusal;
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Return(_buffer);

    private static InputException? Refusal(Exception exception) => exception switch
    {
        // Brotli's decoder says it in another way than the others.
        InvalidDataException or InvalidOperationException { Source: "System.IO.Compression.Brotli" } => new("body", "is not what its Content-Encoding says: it cannot be decompressed."),
        IOException and not BadHttpRequestException => new("body", "ended before it was complete."),
        _ => null,
    };

    private static async ValueTask RequireEndAsync(Stream body, CancellationToken cancellationToken)
    {
        if (await body.ReadAsync(new byte[1], cancellationToken) > 0)
        {
            throw new BadHttpRequestException("Request body too large.", StatusCodes.Status413PayloadTooLarge);
        }
    }

    private static void Grow(ref byte[] buffer)
    {
        var larger = PoolOf(buffer.Length * 2).Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        Return(buffer);
        buffer = larger;
    }

    private static void Return(byte[] buffer) => PoolOf(buffer.Length).Return(buffer);

    private static ArrayPool<byte> PoolOf(int length) => length > MostOnTrust ? Large.Pool : ArrayPool<byte>.Shared;
}
