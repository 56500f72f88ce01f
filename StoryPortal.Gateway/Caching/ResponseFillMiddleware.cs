using Microsoft.AspNetCore.OutputCaching;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Caching;

/// <summary>Counts the lookups of the output cache, which stands behind, and sends responses that were not in the cache (<see cref="ResponseFill"/>).</summary>
internal sealed class ResponseFillMiddleware(RequestDelegate next, GatewayMetrics metrics)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<OutputCacheAttribute>() is null ? next(context) : LookUpAsync(context);

    private async Task LookUpAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            ResponseFill.Get(context)?.Restore(); // the exception handler's response is not held
        }

        switch (ResponseFill.Get(context))
        {
            case null:
                break; // not cacheable
            case { IsHit: true }:
                metrics.Hit();
                break;
            case var fill:
                metrics.Miss();
                await fill.SendAsync();
                break;
        }
    }
}
