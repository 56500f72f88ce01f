using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/v1/admin/cache</c>: what an operator does with the cache.</summary>
internal static class CacheEndpoints
{
    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapCache(this IEndpointRouteBuilder admin)
    {
        var cache = admin.MapGroup("/cache");

        cache.MapPost("/warm", WarmAsync)
            .WithName("WarmCache").WithSummary("Put active agents, the latest sessions, services with their list, and model configs into Redis")
            .Produces<WarmUp>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        cache.MapPost("/flush", FlushAsync)
            .WithName("FlushCache").WithSummary("Empty the cache of every process, and Redis")
            .WithDescription("`deleted` is how many answers Redis had; null when it cannot be reached. Either way, whatever was cached is not used again.")
            .Produces<Flush>();
    }

    private static async Task<IResult> WarmAsync(CacheWarmer warmer, HttpContext context, CancellationToken cancellationToken)
    {
        if (await warmer.WarmAsync(cancellationToken) is { } done)
        {
            return new JsonAnswer<WarmUp>(done, Json.WarmUp);
        }

        context.Response.Headers.RetryAfter = "2";
        return TypedResults.Problem("Redis does not answer: there is nothing to warm.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> FlushAsync(StoryCache cache, CancellationToken cancellationToken)
    {
        var deleted = await cache.FlushAsync(cancellationToken);
        await cache.AnnounceAsync(CacheNames.ServicesChanged); // the gateway keeps answers of its own
        return new JsonAnswer<Flush>(new Flush(deleted), Json.Flush);
    }
}
