using System.Text;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Performance.Checklist;

namespace StoryPortal.ServiceHub.Performance;

/// <summary><c>/v1/performance</c>: how fast the system is, by its own measurements.</summary>
internal static class PerformanceEndpoints
{
    private const string BaselineList = "baselines";
    private const string LoadTestList = "load-tests";
    private const double DefaultLeastMs = 0;

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void AddPerformanceChecks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ChecklistReader>();
        builder.Services.AddSingleton<ICheckGroup, DatabaseChecks>();
        builder.Services.AddSingleton<ICheckGroup, RedisChecks>();
        builder.Services.AddSingleton<ICheckGroup, ApplicationChecks>();
        builder.Services.AddSingleton<ICheckGroup, InfrastructureChecks>();
        builder.Services.AddSingleton<ICheckGroup, MonitoringChecks>();
    }

    public static void MapPerformance(this IEndpointRouteBuilder v1)
    {
        var performance = v1.MapGroup("/performance").WithTags("Performance").ProducesValidationProblem();

        performance.MapGet("/", ScorecardAsync)
            .WithName("GetScorecard").WithSummary("How the system keeps its performance targets")
            .WithDescription("Measured by the product on itself, over the last five minutes and since its start, in all processes together. A process that could not be heard is in `unheard`.")
            .Produces<Scorecard>();

        performance.MapGet("/checklist", ChecklistAsync)
            .WithName("GetPerformanceChecklist").WithSummary("Check what makes the system fast, on the running system")
            .WithDescription("An item that nobody can tell of here and now says so: it never passes by default.")
            .Produces<DataLayer.Performance.Checklist>();

        performance.MapGet("/slow-queries", SlowQueriesAsync).RequireAuthorization(AuthorizationPolicies.Operations)
            .WithName("ListSlowQueries").WithSummary("List the slowest statements of the database")
            .WithDescription("By their mean time, from `pg_stat_statements`. Where the server does not keep it, the list is empty and a `Warning` header says why.")
            .Produces<SlowQuery[]>();

        performance.MapGet("/report", ReportAsync).RequireAuthorization(AuthorizationPolicies.Operations)
            .WithName("GetPerformanceReport").WithSummary("Read what to make faster")
            .WithDescription("The report that the worker wrote last; it writes one each month. Until there is one, that of now.")
            .Produces<string>(StatusCodes.Status200OK, "text/markdown");

        performance.MapGet("/baselines", BaselinesAsync)
            .WithName("ListBaselines").WithSummary("List baselines, newest first")
            .Produces<Baseline[]>();

        performance.MapPost("/baselines", AddBaselineAsync)
            .WithName("CreateBaseline").WithSummary("Keep the scorecard of now under a label")
            .WithBodyLimit(BodyLimits.Document)
            .Accepts<NewBaseline>(JsonBody.ContentType)
            .WithExample("""{"label": "before the upgrade"}""")
            .Produces<Baseline>(StatusCodes.Status201Created);

        performance.MapGet("/baselines/{id}", BaselineAsync)
            .WithName("GetBaseline").WithSummary("Read a baseline")
            .Produces<Baseline>().ProducesProblem(StatusCodes.Status404NotFound);

        performance.MapGet("/baselines/{id}/compare", CompareAsync)
            .WithName("CompareBaseline").WithSummary("What got better or worse since a baseline, and by how much")
            .Produces<BaselineComparison>().ProducesProblem(StatusCodes.Status404NotFound);

        performance.MapGet("/load-tests", LoadTestsAsync)
            .WithName("ListLoadTests").WithSummary("List what load tests found, newest first")
            .Produces<LoadTest[]>();

        performance.MapPost("/load-tests", AddLoadTestAsync)
            .WithName("CreateLoadTest").WithSummary("Keep what a load test found")
            .WithDescription("A repeat of an id that is there changes nothing and answers 200 with what is stored.")
            .WithBodyLimit(BodyLimits.Document)
            .Accepts<NewLoadTest>(JsonBody.ContentType)
            .WithExample("""{"name": "mixed", "tool": "k6", "duration_seconds": 330, "requests": 190000, "failed_requests": 0, "requests_per_second": 575.8, "p95_ms": 12.5, "p99_ms": 31}""")
            .Produces<LoadTest>(StatusCodes.Status201Created).Produces<LoadTest>();
    }

    private static async Task<IResult> ScorecardAsync(ScorecardReader scorecards, CancellationToken cancellationToken) =>
        new JsonAnswer<Scorecard>(await scorecards.ReadAsync(cancellationToken), Json.Scorecard);

    private static async Task<IResult> ChecklistAsync(ChecklistReader checklist, CancellationToken cancellationToken) =>
        new JsonAnswer<DataLayer.Performance.Checklist>(await checklist.ReadAsync(cancellationToken), Json.Checklist);

    private static async Task<IResult> SlowQueriesAsync(
        HttpContext context, PostgresDiagnostics database, CancellationToken cancellationToken, double? min_ms = null, int? limit = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        var least = min_ms ?? DefaultLeastMs;
        if (least is not (>= 0 and < double.PositiveInfinity))
        {
            errors.Add("min_ms", $"is {least}; 0 and more are taken.");
        }

        errors.ThrowIfAny();
        var slow = await database.SlowQueriesAsync(least, size, cancellationToken);
        if (slow is null)
        {
            context.Response.Headers.Warning = "199 - \"pg_stat_statements is not there: add it to shared_preload_libraries\"";
        }

        return new JsonAnswer<List<SlowQuery>>(slow ?? [], Json.ListSlowQuery);
    }

    private static async Task<IResult> ReportAsync(PerformanceStore store, PerformanceReport report, CancellationToken cancellationToken) =>
        TypedResults.Text(await store.ReportAsync(cancellationToken) ?? await report.WriteAsync(cancellationToken), "text/markdown", Encoding.UTF8);

    private static async Task<IResult> BaselinesAsync(
        HttpRequest request, PerformanceStore store, PageWriter pages, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var (size, after) = (Paging.Limit(limit, errors), Paging.TimeCursor(cursor, BaselineList, errors));
        errors.ThrowIfAny();
        return await pages.PageAsync(
            request, store.BaselinesAsync(after, size + 1, cancellationToken), size, Json.Baseline,
            baseline => new TimeCursor(baseline.TakenAt, baseline.Id).ToText(BaselineList));
    }

    private static async Task<IResult> AddBaselineAsync(
        HttpRequest request, PerformanceStore store, ScorecardReader scorecards, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewBaseline, cancellationToken);
        var errors = new InputErrors();
        var label = errors.Required("label", sent.Label, 200);
        errors.ThrowIfAny();

        var baseline = Baseline.Of(await scorecards.ReadAsync(cancellationToken), label, Timestamp.Now(time));
        await store.AddBaselineAsync(baseline, cancellationToken);
        return new JsonAnswer<Baseline>(baseline, Json.Baseline, StatusCodes.Status201Created) { Location = $"/v1/performance/baselines/{baseline.Id}" };
    }

    private static async Task<IResult> BaselineAsync(Guid id, PerformanceStore store, CancellationToken cancellationToken) =>
        await store.BaselineAsync(id, cancellationToken) is { } baseline ? new JsonAnswer<Baseline>(baseline, Json.Baseline) : NotFound(id);

    private static async Task<IResult> CompareAsync(Guid id, PerformanceStore store, ScorecardReader scorecards, CancellationToken cancellationToken) =>
        await store.BaselineAsync(id, cancellationToken) is { } baseline
            ? new JsonAnswer<BaselineComparison>(baseline.Compare(await scorecards.ReadAsync(cancellationToken)), Json.BaselineComparison)
            : NotFound(id);

    private static async Task<IResult> LoadTestsAsync(
        HttpRequest request, PerformanceStore store, PageWriter pages, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var (size, after) = (Paging.Limit(limit, errors), Paging.TimeCursor(cursor, LoadTestList, errors));
        errors.ThrowIfAny();
        return await pages.PageAsync(
            request, store.LoadTestsAsync(after, size + 1, cancellationToken), size, Json.LoadTest,
            test => new TimeCursor(test.TakenAt, test.Id).ToText(LoadTestList));
    }

    private static async Task<IResult> AddLoadTestAsync(HttpRequest request, PerformanceStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewLoadTest, cancellationToken);
        var errors = new InputErrors();
        var test = sent.Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        var (stored, created) = await store.AddLoadTestAsync(test, cancellationToken);
        return new JsonAnswer<LoadTest>(stored, Json.LoadTest, created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult NotFound(Guid id) =>
        TypedResults.Problem($"There is no baseline {id}.", statusCode: StatusCodes.Status404NotFound);
}
