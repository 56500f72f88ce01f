using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Batch;

/// <summary>Marks a request that is part of a batch.</summary>
internal sealed class BatchPart;

/// <summary>How the pipeline is known to batches, and endpoints keep out of them.</summary>
internal static class BatchPartExtensions
{
    /// <summary>Takes everything that comes after for the requests of batches as well. Call it first: routing has to be among it.</summary>
    public static void UseBatches(this WebApplication app) => app.Use(next =>
    {
        app.Services.GetRequiredService<InnerRequests>().Pipeline = next;
        return next;
    });

    /// <summary>An endpoint that no batch may ask: it would keep the others waiting.</summary>
    public static RouteHandlerBuilder NotInBatches(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter((context, next) =>
        context.HttpContext.Features.Get<BatchPart>() is null
            ? next(context)
            : throw new InputException("path", $"{context.HttpContext.Request.Path} cannot be asked in a batch; ask it by itself."));
}
