using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Idempotency;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Idempotency;

/// <summary>An answer that is kept.</summary>
internal sealed class IdempotentResult(IdempotentAnswer answer) : IResult
{
    public Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        if (answer.Location is not null)
        {
            response.Headers.Location = answer.Location;
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<ReturnsRepresentation>() is not null)
        {
            response.Headers.ETag = CachedAnswer.TagOf(answer.Json);
        }

        response.ContentType = JsonBody.ContentType;
        response.ContentLength = answer.Json.Length;
        return response.BodyWriter.WriteAsync(answer.Json, context.RequestAborted).AsTask();
    }
}
