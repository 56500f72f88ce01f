using System.IO.Compression;
using Microsoft.AspNetCore.Http.HttpResults;
using StackExchange.Redis;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Profiling;
using StoryPortal.ServiceHub.Batch;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Admin.Profiling;

/// <summary><c>/v1/admin/profile</c>: what a running process does with its processor time.</summary>
internal static class ProfileEndpoints
{
    private const int DefaultSeconds = 10;
    private const int LongestName = 200;
    private const string Json = "json";
    private const string SpeedscopeFormat = "speedscope";
    private const string RetryAfterSeconds = "10";

    public static void MapProfiles(this IEndpointRouteBuilder admin)
    {
        var profiles = admin.MapGroup("/profile").ProducesValidationProblem();

        profiles.MapPost("/", ProfileAsync).NotInBatches().WithMetadata(AdminAudit.TellsItself)
            .WithName("Profile").WithSummary("Profile a running process, and answer the methods that use its processor time")
            .WithDescription(
                "`POST /v1/admin/profile?service=service-hub&seconds=10` answers after ten seconds. `service` is gateway, service-hub or data-layer, `seconds` 1 to 60 (10). "
                + "`instance` chooses among several; without it the hub that answers is taken, and of other services the busiest. The stacks of all threads are looked at about once a "
                + "millisecond; `methods` counts, of threads that ran, the innermost managed method. `native_samples` of them were in native code that it had called. Waits, sleeps, idle threads "
                + "and the profiler's own work are left out and counted in `samples`. `speedscope.url` leads to a file for https://www.speedscope.app with the whole stacks; "
                + "`format=speedscope` answers that file at once. One profile at a time for each process: 409 otherwise. Whoever leaves ends it.")
            .Produces<Profile>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        profiles.MapGet("/{id}", FileAsync)
            .WithName("GetProfileFile").WithSummary("Download a profile, for https://www.speedscope.app")
            .WithDescription("Kept for ten minutes; of each process the last three.")
            .Produces<object>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> ProfileAsync(
        HttpContext context, ProfileRequests requests, ProfileFiles files, EventStore events, TimeProvider time, CancellationToken cancellationToken,
        string? service = null, int? seconds = null, string? instance = null, string? format = null)
    {
        var errors = new InputErrors();
        var name = errors.Required("service", service, LongestName);
        var chosen = errors.Optional("instance", instance, LongestName);
        if (seconds is < 1 or > ProfileOrder.MostSeconds)
        {
            errors.Add("seconds", $"is {seconds}; 1 to {ProfileOrder.MostSeconds} are taken.");
        }

        if (format is not (null or Json or SpeedscopeFormat))
        {
            errors.Add("format", $"'{format}' is not one of: {Json}, {SpeedscopeFormat}.");
        }

        errors.ThrowIfAny();
        var target = await requests.FindAsync(name, chosen, cancellationToken);
        if (target.Process is not { } process)
        {
            return Refused(context, target.Detail!, target.Status);
        }

        await events.InsertAsync(AdminAudit.EventOf(context, time, $"{process.Service} {process.Instance}"), cancellationToken);
        var order = new ProfileOrder(Guid.CreateVersion7(time.GetUtcNow()), seconds ?? DefaultSeconds);
        var outcome = await requests.AskAsync(process, order, cancellationToken);
        return outcome switch
        {
            { Profile: { } profile } when format != SpeedscopeFormat => new JsonAnswer<Profile>(profile, StoryJson.Contracts.Profile),
            { Profile: not null, File: { } file } => Download(file, order.Id),
            { Profile: not null } => await FileAsync(context, order.Id, files),
            { Status: ProfileStatus.UnderWay } => Refused(context, outcome.Detail!, StatusCodes.Status409Conflict),
            _ => Refused(context, outcome.Detail!, StatusCodes.Status503ServiceUnavailable),
        };
    }

    private static async Task<IResult> FileAsync(HttpContext context, Guid id, ProfileFiles files)
    {
        try
        {
            return await files.ReadAsync(id) is { } file
                ? Download(file, id)
                : TypedResults.Problem($"There is no profile {id}, or none any more: profiles are kept for ten minutes, of each process the last three.", statusCode: StatusCodes.Status404NotFound);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            return Refused(context, "Redis, which keeps profiles, does not answer.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    // Unpacked, and of a known length: the gateway compresses it for callers who ask for that.
    private static FileContentHttpResult Download(byte[] file, Guid id)
    {
        using var unpacked = new MemoryStream();
        using (var compressed = new GZipStream(new MemoryStream(file, writable: false), CompressionMode.Decompress))
        {
            compressed.CopyTo(unpacked);
        }

        return TypedResults.File(unpacked.ToArray(), JsonBody.ContentType, $"profile-{id}.speedscope.json");
    }

    private static ProblemHttpResult Refused(HttpContext context, string detail, int status)
    {
        if (status is StatusCodes.Status409Conflict or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        return TypedResults.Problem(detail, statusCode: status);
    }
}
