using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.ServiceHub.Http;

/// <summary>An answer of one JSON document, whatever its type.</summary>
internal abstract class JsonAnswer(int status) : IResult
{
    /// <summary>The status.</summary>
    public int Status => status;

    /// <summary>Where the thing that was made can be read, or null.</summary>
    public string? Location { get; init; }

    /// <summary>The document.</summary>
    public abstract byte[] ToJson();

    public abstract Task ExecuteAsync(HttpContext context);
}

/// <summary>
/// An answer of one JSON document that is not cached. A read carries an ETag of its bytes, and is 304 for a caller who has them already; a write that
/// returns a representation carries the ETag of that.
/// </summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) : JsonAnswer(status)
{
    /// <summary>The <c>Link</c> header, or null.</summary>
    public string? Link { get; init; }

    public override byte[] ToJson() => JsonBytes.Of(value, type);

    public override async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        var buffer = JsonBytes.Rent();
        try
        {
            JsonBytes.Write(buffer, value, type);
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
                response.Headers[CachedJson.Header] = CacheResult.MissLabel;
                if (EntityTags.Settle(context, CachedAnswer.TagOf(buffer.WrittenSpan)))
                {
                    return;
                }
            }
            else if (context.GetEndpoint()?.Metadata.GetMetadata<ReturnsRepresentation>() is not null)
            {
                response.Headers.ETag = CachedAnswer.TagOf(buffer.WrittenSpan);
            }

            response.StatusCode = Status;
            response.ContentType = JsonBody.ContentType;
            response.ContentLength = buffer.WrittenCount;
            await response.BodyWriter.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
        }
        finally
        {
            JsonBytes.Return(buffer);
        }
    }
}
