using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.QualityScores;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.ServiceHub.QualityScores;

/// <summary><c>/v1/quality-scores</c>.</summary>
internal static class QualityScoreEndpoints
{
    private const string List = "quality-scores";

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapQualityScores(this IEndpointRouteBuilder v1)
    {
        var scores = v1.MapGroup("/quality-scores").WithTags("Quality scores").ProducesValidationProblem();

        scores.MapGet("/", ListAsync)
            .WithName("ListQualityScores").WithSummary("List quality scores, newest first")
            .WithDescription("The `Link` header leads to the next page.")
            .Produces<QualityScore[]>();

        scores.MapGet("/summary", SummaryAsync)
            .WithName("GetQualitySummary").WithSummary("How the components of each kind are")
            .WithDescription("Of each component its latest score counts.")
            .Produces<QualitySummary[]>();

        scores.MapPost("/", CreateAsync)
            .WithName("CreateQualityScore").WithSummary("Record a quality score")
            .WithDescription("`assessment` is derived: good from 80, warning from 60, else critical. A repeat of an id that is there changes nothing and answers 200 with what is stored.")
            .WithBodyLimit(BodyLimits.Document).TakesIdempotencyKeys()
            .Accepts<NewQualityScore>(JsonBody.ContentType)
            .WithExample("""{"component_type": "chapter", "component_id": "3", "overall_score": 86.5, "dimensions": {"style": 90, "plot": 83}}""")
            .Produces<QualityScore>(StatusCodes.Status201Created).Produces<QualityScore>();

        scores.MapPost("/batch", CreateManyAsync)
            .WithName("CreateQualityScores").WithSummary("Record many quality scores, all or none")
            .TakesBatches().TakesIdempotencyKeys()
            .Accepts<NewQualityScore[]>(JsonBody.ContentType, BatchBody.NdjsonContentType)
            .WithExample("""[{"component_type": "chapter", "component_id": "3", "overall_score": 86.5}]""")
            .Produces<QualityScoreBatchResult>();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, QualityScoreStore store, StoryCache cache, PageWriter pages, CancellationToken cancellationToken,
        string? component_type = null, string? component_id = null, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        var filter = new QualityScoreFilter(
            errors.Optional("component_type", component_type, 100),
            errors.Optional("component_id", component_id, 200),
            Paging.TimeCursor(cursor, List, errors),
            size + 1);
        errors.ThrowIfAny();

        return new CachedJson(await cache.GetAsync(
            CacheKey.QualityScores(request.QueryString.Value!),
            (store, pages, filter, address: PageAddress.Of(request), size),
            static async (read, ct) => await read.pages.WriteAsync(read.address, read.store.ListAsync(read.filter, ct), read.size, Json.QualityScore, CursorOf),
            cancellationToken));
    }

    private static async ValueTask<IResult> SummaryAsync(QualityScoreStore store, StoryCache cache, CancellationToken cancellationToken) =>
        new CachedJson(await cache.GetAsync(
            CacheKey.QualitySummary(), store, static async (read, ct) => Answer.Of(await read.SummaryAsync(ct), Json.ListQualitySummary), cancellationToken));

    private static string CursorOf(QualityScore score) => new TimeCursor(score.CalculatedAt, score.Id).ToText(List);

    private static async Task<IResult> CreateAsync(HttpRequest request, QualityScoreStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewQualityScore, cancellationToken);
        var errors = new InputErrors();
        var score = sent.Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        var (stored, created) = await store.InsertAsync(score, cancellationToken);
        return new JsonAnswer<QualityScore>(stored, Json.QualityScore, created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> CreateManyAsync(HttpRequest request, QualityScoreStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = Timestamp.Now(time);
        var scores = await BatchBody.ReadAsync(
            request, Json.NewQualityScore, Json.ListNewQualityScore, (score, errors) => score.Validate(errors, now), cancellationToken);
        return new JsonAnswer<QualityScoreBatchResult>(await store.InsertManyAsync(scores, cancellationToken), Json.QualityScoreBatchResult);
    }
}
