using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Draining;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Batch;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Services.Watching;

/// <summary><c>/v1/services/watch</c>: waits for changes of the registry.</summary>
internal static class WatchEndpoint
{
    private const int LongestWait = 60;

    public static void MapWatch(this IEndpointRouteBuilder services) => services.MapGet("/watch", WatchAsync).NotInBatches()
        .WithName("WatchServices").WithSummary("Wait until the registry changes")
        .WithDescription(
            "Answers at once when the registry has another index than `index`, else when it changes, or as it is after `wait` seconds (60 at most, and by "
            + "default). Ask again with the index of the answer: no change is missed. `layer`, `tag`, `version` and `status` choose the services that are "
            + "told; any change of the registry ends the wait.")
        .Produces<RegistryState>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> WatchAsync(
        HttpContext context, RegistryView view, IOptions<RegistryOptions> options, Drain drain,
        long index = 0, int? wait = null, string? layer = null, string? tag = null, string? version = null, string? status = null)
    {
        var errors = new InputErrors();
        if (index < 0)
        {
            errors.Add("index", $"is {index}; take it from the answer before, or leave it out.");
        }

        if (wait is < 0 or > LongestWait)
        {
            errors.Add("wait", $"is {wait}; 0 to {LongestWait} seconds are taken.");
        }

        var filter = new WatchFilter(
            errors.Optional("layer", layer, 100), errors.Optional("tag", tag, 100), errors.Optional("version", version, 100),
            QueryText.Member<ServiceStatus>(status, "status", errors));
        errors.ThrowIfAny();

        if (view.Watches >= options.Value.Watches)
        {
            context.Response.Headers.RetryAfter = "1";
            return TypedResults.Problem("Too many watches are open. Try again.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        // A hub that stops answers with what it knows; its caller asks the next one.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.StreamsEnd);
        return new WatchAnswer((await view.ChangedAsync(index, TimeSpan.FromSeconds(wait ?? LongestWait), ends.Token)).AnswerTo(filter));
    }

    /// <summary>Bytes that all who watch share.</summary>
    private sealed class WatchAnswer(byte[] json) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            var response = context.Response;
            response.Headers.CacheControl = "no-store";
            response.ContentType = JsonBody.ContentType;
            response.ContentLength = json.Length;
            await response.BodyWriter.WriteAsync(json, context.RequestAborted);
        }
    }
}
