using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Models;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Models;

/// <summary><c>/v1/models</c>.</summary>
internal static class ModelEndpoints
{
    private const string List = "models";
    private const string IdInPath = "The id is one segment of the path, decoded once: the id `meta-llama/Llama-3.1-8B` is `/v1/models/meta-llama%2FLlama-3.1-8B`.";

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapModels(this IEndpointRouteBuilder v1)
    {
        var models = v1.MapGroup("/models").WithTags("Models").ProducesValidationProblem();

        models.MapGet("/", ListAsync)
            .WithName("ListModels").WithSummary("List model configs by id")
            .WithDescription("The `Link` header leads to the next page.")
            .Produces<ModelConfig[]>();

        var (store, cache) = (v1.ServiceProvider.GetRequiredService<ModelConfigStore>(), v1.ServiceProvider.GetRequiredService<StoryCache>());
        models.MapGet("/{id}", (string id, HttpContext context) => CachedRead.Async(
                context, cache, CacheKey.Model(Required(id)), (store, id),
                static async (read, ct) => Answer.Of(await read.store.GetAsync(read.id, ct), Json.ModelConfig), static read => NotFound(read.id)))
            .WithName("GetModel").WithSummary("Read a model config")
            .WithDescription(IdInPath)
            .Produces<ModelConfig>().ProducesProblem(StatusCodes.Status404NotFound);

        models.MapPut("/{id}", UpsertAsync)
            .WithName("PutModel").WithSummary("Create a model config, or put it in place of what is there").WithBodyLimit(BodyLimits.Document)
            .WithDescription(IdInPath + " What a GET returned can be sent back: `updated_at` is read-only, and refused when it differs from what is stored.")
            .TakesPreconditions((call, ct) => store.LockAsync(Required(call.GetArgument<string>(0)), ct), Json.ModelConfig).ReturnsRepresentation()
            .Accepts<NewModelConfig>(JsonBody.ContentType)
            .WithExample("""{"provider": "openai", "model": "gpt-5", "parameters": {"temperature": 0.2}, "enabled": true}""")
            .Produces<ModelConfig>().Produces<ModelConfig>(StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, ModelConfigStore store, StoryCache cache, PageWriter pages, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        var after = Paging.NameCursor(cursor, List, errors);
        errors.ThrowIfAny();

        return new CachedJson(await cache.GetAsync(
            CacheKey.Models(request.QueryString.Value!),
            (store, pages, after, address: PageAddress.Of(request), size),
            static async (read, ct) => await read.pages.WriteAsync(read.address, read.store.ListAsync(read.after, read.size + 1, ct), read.size, Json.ModelConfig, CursorOf),
            cancellationToken));
    }

    private static string Required(string id)
    {
        var errors = new InputErrors();
        errors.Required("id", id, 200);
        errors.ThrowIfAny();
        return id;
    }

    private static ProblemHttpResult NotFound(string id) => TypedResults.Problem($"There is no model config '{id}'.", statusCode: StatusCodes.Status404NotFound);

    private static string CursorOf(ModelConfig config) => new NameCursor(config.Id).ToText(List);

    private static async Task<IResult> UpsertAsync(
        string id, HttpRequest request, ModelConfigStore store, StoryDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewModelConfig, cancellationToken);
        var errors = new InputErrors();
        var config = sent.Validate(id, errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        var (stored, created) = await ReadOnlyMembers.WriteAsync(
            database, sent.UpdatedAt is not null, () => store.LockAsync(id, cancellationToken), sent.CheckReadOnly,
            () => store.UpsertAsync(config, cancellationToken), cancellationToken);
        return new JsonAnswer<ModelConfig>(stored, Json.ModelConfig, created ? StatusCodes.Status201Created : StatusCodes.Status200OK)
        {
            Location = created ? $"/v1/models/{Uri.EscapeDataString(stored.Id)}" : null,
        };
    }
}
