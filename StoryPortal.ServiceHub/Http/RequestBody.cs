using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
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
    private readonly int _start;
    private readonly int _length;

    private RequestBody(byte[] buffer, int start, int length) => (_buffer, _start, _length) = (buffer, start, length);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The bytes, until the body is disposed.</summary>
    public ReadOnlyMemory<byte> Utf8 => _buffer.AsMemory(_start, _length);

    /// <summary>Reads and decompresses the body to its end; a byte order mark at its start is left out (RFC 8259 §8.1).</summary>
    /// <exception cref="InputException">The body is empty, has a content coding that is not accepted, or is not whole.</exception>
    /// <exception cref="BadHttpRequestException">The body is larger than the endpoint takes, compressed or decompressed.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var compressed = Compressed(request);
        var body = compressed?.Decoded ?? request.Body;
        var limit = (int)Math.Min(request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? BodyLimits.Batch, BodyLimits.Batch);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(request.ContentLength + 1 ?? 0, FirstSize, MostOnTrust));
        var length = 0;
        try
        {
            while (await body.ReadAsync(buffer.AsMemory(length, Math.Min(buffer.Length, limit) - length), cancellationToken) is > 0 and var read)
            {
                length += read;
                if (length == limit)
                {
                    await RequireEndAsync(body, cancellationToken); // nothing larger is ever held
                    break;
                }

                if (length == buffer.Length)
                {
                    Grow(ref buffer);
                }
            }

            if (compressed is { IsWhole: false })
            {
                throw new InvalidDataException("Other bytes follow the compressed data.");
            }

            var start = buffer.AsSpan(0, length).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
            return length > start ? new RequestBody(buffer, start, length - start) : throw new InputException("body", "is empty.");
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

    /// <summary>Reads to the end and puts the bytes in place of the request's stream: whatever reads the body next reads it from memory.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public static async ValueTask<RequestBody> BufferAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(request, cancellationToken);
        request.Body = new MemoryStream(body._buffer, body._start, body._length, writable: false);
        request.Headers.ContentEncoding = default; // the endpoint reads the decompressed bytes
        return body;
    }

    /// <inheritdoc/>
    public void Dispose() => Return(_buffer);

    // Null where the request names no content coding.
    private static CompressedBody? Compressed(HttpRequest request)
    {
        var codings = request.Headers.ContentEncoding;
        if (codings.Count == 0)
        {
            return null;
        }

        if (codings.Count == 1 && CompressedBody.Open(request.Body, codings.ToString().Trim()) is { } compressed)
        {
            return compressed;
        }

        // In the callback: the exception handler removes the headers that are set before it runs.
        request.HttpContext.Response.OnStarting(static state =>
        {
            ((HttpResponse)state).Headers.AcceptEncoding = CompressedBody.Codings;
            return Task.CompletedTask;
        }, request.HttpContext.Response);
        throw new InputException(
            "Content-Encoding", $"'{codings}' is not taken; send {CompressedBody.Codings} or none.", StatusCodes.Status415UnsupportedMediaType);
    }

    /// <summary>
    /// What is wrong with a body whose read threw <paramref name="exception"/>; null: the exception says it, or it is no fault of the body.
    /// </summary>
    internal static InputException? Refusal(Exception exception) => exception switch
    {
        // Brotli's decoder says it in another way than the others.
        InvalidDataException or InvalidOperationException { Source: "System.IO.Compression.Brotli" } => new("body", "is not one whole stream of its Content-Encoding: it is damaged or cut, or other bytes follow it."),
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
