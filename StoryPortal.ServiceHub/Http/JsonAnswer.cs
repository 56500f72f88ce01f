using System.Buffers;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Net.Http.Headers;

namespace StoryPortal.ServiceHub.Http;

/// <summary>An answer of one JSON document. A read carries an ETag of its bytes, and is 304 for a caller who has them already.</summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) : IResult
{
    /// <summary>Where the thing that was made can be read, or null.</summary>
    public string? Location { get; init; }

    /// <summary>The <c>Link</c> header, or null.</summary>
    public string? Link { get; init; }

    public async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        var buffer = AnswerBuffers.Pool.Get();
        try
        {
            await using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true }))
            {
                JsonSerializer.Serialize(json, value, type);
            }

            if (Link is not null)
            {
                response.Headers.Link = Link;
            }

            if (Location is not null)
            {
                response.Headers.Location = Location;
            }

            if (HttpMethods.IsGet(context.Request.Method))
            {
                var tag = EntityTag(buffer.WrittenSpan);
                response.Headers.ETag = tag;
                if (IsKnown(context.Request, tag))
                {
                    response.StatusCode = StatusCodes.Status304NotModified;
                    return;
                }
            }

            response.StatusCode = status;
            response.ContentType = JsonBody.ContentType;
            response.ContentLength = buffer.WrittenCount;
            await response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
        }
        finally
        {
            AnswerBuffers.Pool.Return(buffer);
        }
    }

    private static string EntityTag(ReadOnlySpan<byte> bytes) => $"\"{XxHash128.HashToUInt128(bytes):x32}\"";

    private static bool IsKnown(HttpRequest request, string tag)
    {
        var known = request.Headers.IfNoneMatch;
        return known.Count > 0
            && EntityTagHeaderValue.TryParseList(known, out var tags)
            && tags.Any(candidate => candidate.Tag == "*" || candidate.Tag == tag);
    }
}

/// <summary>Buffers for answers, kept for the next one unless they grew large.</summary>
internal sealed class AnswerBuffers : IPooledObjectPolicy<ArrayBufferWriter<byte>>
{
    private const int MostKept = 1024 * 1024;

    public static ObjectPool<ArrayBufferWriter<byte>> Pool { get; } = new DefaultObjectPool<ArrayBufferWriter<byte>>(new AnswerBuffers());

    public ArrayBufferWriter<byte> Create() => new(4096);

    public bool Return(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        return buffer.Capacity <= MostKept;
    }
}
