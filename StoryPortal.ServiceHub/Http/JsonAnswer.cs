using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// An answer of one JSON document that is not cached. A read carries an ETag of its bytes, and is 304 for a caller who has them already.
/// </summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) : IResult
{
    /// <summary>Where the thing that was made can be read, or null.</summary>
    public string? Location { get; init; }

    /// <summary>The <c>Link</c> header, or null.</summary>
    public string? Link { get; init; }

    public async Task ExecuteAsync(HttpContext context)
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

            response.StatusCode = status;
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
