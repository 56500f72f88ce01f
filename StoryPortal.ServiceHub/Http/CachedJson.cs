using StoryPortal.DataLayer.Caching;

namespace StoryPortal.ServiceHub.Http;

/// <summary>A cached answer: its bytes go to the socket as they are. <c>X-Cache</c> says HIT, MISS or STALE.</summary>
internal sealed class CachedJson(CacheResult found) : IResult
{
    public const string Header = "X-Cache";

    public Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        var answer = found.Answer;
        response.Headers[Header] = found.Label;
        if (answer.Link is not null)
        {
            response.Headers.Link = answer.Link;
        }

        if (EntityTags.Settle(context, answer.EntityTag))
        {
            return Task.CompletedTask;
        }

        response.ContentType = JsonBody.ContentType;
        response.ContentLength = answer.Json.Length;
        var written = response.BodyWriter.WriteAsync(answer.Json); // with no token: the server knows when a caller has gone, and making one costs a request
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }
}
