using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/v1/admin/api-keys</c>.</summary>
internal static class ApiKeyEndpoints
{
    private const string List = "api-keys";

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapApiKeys(this IEndpointRouteBuilder admin)
    {
        var keys = admin.MapGroup("/api-keys").ProducesValidationProblem();
        var store = admin.ServiceProvider.GetRequiredService<ApiKeyStore>();

        keys.MapGet("/", ListAsync)
            .WithName("ListApiKeys").WithSummary("List keys, newest first, with those that were revoked")
            .Produces<ApiKey[]>();

        keys.MapGet("/{id}", GetAsync)
            .WithName("GetApiKey").WithSummary("Read what is known of a key")
            .Produces<ApiKey>().ProducesProblem(StatusCodes.Status404NotFound);

        keys.MapPost("/", CreateAsync)
            .WithName("CreateApiKey").WithSummary("Make a key").WithBodyLimit(BodyLimits.Document).WithMetadata(AdminAudit.TellsItself)
            .WithDescription("The answer is the only place where `key` is ever shown: what is stored is its hash.")
            .Accepts<NewApiKey>(JsonBody.ContentType)
            .WithExample("""{"name": "importer", "scopes": ["read", "write"], "requests_per_minute": 600}""")
            .Produces<ApiKeyWithSecret>(StatusCodes.Status201Created);

        keys.MapPost("/{id}/rotate", RotateAsync)
            .WithName("RotateApiKey").WithSummary("Put a new key in place of an old one, which ends at once").WithMetadata(AdminAudit.TellsItself)
            .WithDescription("A key that is revoked or expired is not rotated: 409.")
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.ApiKey)
            .Produces<ApiKeyWithSecret>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

        keys.MapDelete("/{id}", RevokeAsync)
            .WithName("RevokeApiKey").WithSummary("End a key for good").WithMetadata(AdminAudit.TellsItself)
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.ApiKey)
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, ApiKeyStore store, PageWriter pages, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        var after = Paging.TimeCursor(cursor, List, errors);
        errors.ThrowIfAny();

        return await pages.PageAsync(request, store.ListAsync(after, size + 1, cancellationToken), size, Json.ApiKey, key => new TimeCursor(key.CreatedAt, key.Id).ToText(List));
    }

    private static async Task<IResult> GetAsync(Guid id, ApiKeyStore store, CancellationToken cancellationToken) =>
        await store.GetAsync(id, cancellationToken) is { } key ? new JsonAnswer<ApiKey>(key, Json.ApiKey) : NoSuchKey(id);

    private static async Task<IResult> CreateAsync(HttpContext context, ApiKeyStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(context.Request, Json.NewApiKey, cancellationToken);
        var errors = new InputErrors();
        var key = sent.Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        var secret = ApiKeyFormat.Create();
        await store.InsertAsync(key, KeyHash.Of(secret), AdminAudit.EventOf(context, time, key.Id.ToString()), cancellationToken);
        return new JsonAnswer<ApiKeyWithSecret>(new ApiKeyWithSecret(key, secret), Json.ApiKeyWithSecret, StatusCodes.Status201Created)
        {
            Location = $"/v1/admin/api-keys/{key.Id}",
        };
    }

    private static async Task<IResult> RotateAsync(
        Guid id, HttpContext context, ApiKeyStore store, ApiKeyRevocationPublisher changes, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(id, cancellationToken) is not { } key)
        {
            return NoSuchKey(id);
        }

        var secret = ApiKeyFormat.Create();
        if (await store.RotateAsync(id, KeyHash.Of(secret), AdminAudit.EventOf(context, time), cancellationToken) is not { } old)
        {
            var reason = key.RevokedAt is null && key.ExpiresAt <= time.GetUtcNow() ? "has expired" : "has been revoked";
            return TypedResults.Problem($"The key {id} {reason}; make a new one.", statusCode: StatusCodes.Status409Conflict);
        }

        await StoryTransaction.AfterCommitAsync(() => Publish(changes, old));
        return new JsonAnswer<ApiKeyWithSecret>(new ApiKeyWithSecret(key, secret), Json.ApiKeyWithSecret);
    }

    private static async Task<IResult> RevokeAsync(
        Guid id, HttpContext context, ApiKeyStore store, ApiKeyRevocationPublisher changes, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await store.RevokeAsync(id, AdminAudit.EventOf(context, time), cancellationToken) is not { } hash)
        {
            return NoSuchKey(id);
        }

        await StoryTransaction.AfterCommitAsync(() => Publish(changes, hash));
        return TypedResults.NoContent();
    }

    private static Task Publish(ApiKeyRevocationPublisher changes, KeyHash hash)
    {
        changes.Publish(hash);
        return Task.CompletedTask;
    }

    private static ProblemHttpResult NoSuchKey(Guid id) => TypedResults.Problem($"There is no key {id}.", statusCode: StatusCodes.Status404NotFound);
}
