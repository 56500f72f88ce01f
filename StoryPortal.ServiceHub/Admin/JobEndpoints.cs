using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/v1/admin/jobs</c>: what the worker does to keep the database in order, and asking it to do so now.</summary>
internal static class JobEndpoints
{
    private const int LongestName = 100;

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapJobs(this IEndpointRouteBuilder admin)
    {
        var jobs = admin.MapGroup("/jobs");

        jobs.MapGet("/", ListAsync)
            .WithName("ListJobs").WithSummary("List the maintenance jobs, with their schedules and last runs")
            .Produces<MaintenanceJob[]>();

        jobs.MapGet("/{name}", GetAsync)
            .WithName("GetJob").WithSummary("Read a maintenance job with its last run")
            .Produces<MaintenanceJob>().ProducesProblem(StatusCodes.Status404NotFound);

        jobs.MapPost("/{name}/run", RunAsync)
            .WithName("RunJob").WithSummary("Run a maintenance job now")
            .WithDescription("The worker begins within about a second. The `Location` header leads to the job, whose `last_run` tells what came of it.")
            .Produces<MaintenanceJob>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> ListAsync(JobStore store, CancellationToken cancellationToken) =>
        new JsonAnswer<List<MaintenanceJob>>(await store.ListAsync(cancellationToken), Json.ListMaintenanceJob);

    private static async Task<IResult> GetAsync(string name, JobStore store, CancellationToken cancellationToken)
    {
        var jobs = await store.ListAsync(cancellationToken);
        return jobs.Find(job => job.Name == name) is { } job ? new JsonAnswer<MaintenanceJob>(job, Json.MaintenanceJob) : Unknown(name, jobs);
    }

    private static async Task<IResult> RunAsync(string name, JobStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new InputErrors();
        errors.Required("name", name, LongestName);
        errors.ThrowIfAny();

        var noted = await store.RequestAsync(name, time.GetUtcNow(), cancellationToken);
        var jobs = await store.ListAsync(cancellationToken);
        return noted switch
        {
            null => Unknown(name, jobs),
            false => TypedResults.Problem($"Job '{name}' is running already.", statusCode: StatusCodes.Status409Conflict),
            _ => new JsonAnswer<MaintenanceJob>(jobs.Single(job => job.Name == name), Json.MaintenanceJob, StatusCodes.Status202Accepted)
            {
                Location = $"/v1/admin/jobs/{name}",
            },
        };
    }

    private static ProblemHttpResult Unknown(string name, List<MaintenanceJob> jobs) => TypedResults.Problem(
        $"There is no job '{name}'. There are: {string.Join(", ", jobs.Select(job => job.Name))}.", statusCode: StatusCodes.Status404NotFound);
}
