using System.Buffers;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>A request's whole body in one pooled buffer.</summary>
internal readonly struct RequestBody : IDisposable
{
    private const int FirstSize = 4096;

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

        var buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp((int?)request.ContentLength ?? 0, FirstSize, BodyLimits.Batch) + 1);
        var length = 0;
        try
        {
            while (await request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
            {
                length += read;
                if (length == buffer.Length)
                {
                    Grow(ref buffer);
                }
            }
        }
        catch (InvalidDataException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InputException("body", "is not what its Content-Encoding says: it cannot be decompressed.");
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InputException("body", "ended before it was complete.");
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        if (length == 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new InputException("body", "is empty.");
        }

        return new RequestBody(buffer, length);
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private static void Grow(ref byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
