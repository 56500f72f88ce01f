using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.DataLayer.Sessions;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.ServiceHub.Sessions;

/// <summary><c>/v1/sessions</c>.</summary>
internal static class SessionEndpoints
{
    private const string List = "sessions";

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapSessions(this IEndpointRouteBuilder v1)
    {
        var sessions = v1.MapGroup("/sessions").WithTags("Sessions").ProducesValidationProblem();

        sessions.MapGet("/", ListAsync)
            .WithName("ListSessions").WithSummary("List sessions, newest first")
            .WithDescription("`active=true` lists those that go on, `active=false` those that ended. The `Link` header leads to the next page.")
            .Produces<Session[]>();

        var (store, cache) = (v1.ServiceProvider.GetRequiredService<SessionStore>(), v1.ServiceProvider.GetRequiredService<StoryCache>());
        sessions.MapGet("/{id}", (Guid id, HttpContext context) => CachedRead.Async(
                context, cache, CacheKey.Session(id), (store, id),
                static async (read, ct) => Answer.Of(await read.store.GetAsync(read.id, ct), Json.Session), static read => NotFound(read.id)))
            .WithName("GetSession").WithSummary("Read a session")
            .Produces<Session>().ProducesProblem(StatusCodes.Status404NotFound);

        sessions.MapPost("/", CreateAsync)
            .WithName("CreateSession").WithSummary("Begin a session").WithBodyLimit(BodyLimits.Document).TakesIdempotencyKeys().ReturnsRepresentation()
            .Accepts<NewSession>(JsonBody.ContentType)
            .WithExample("""{"agent_id": "0197a000-0000-7000-8000-000000000001", "type": "chapter", "context": {"chapter": 3}}""")
            .Produces<Session>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict);

        sessions.MapPut("/{id}", UpsertAsync)
            .WithName("PutSession").WithSummary("Create a session, or put it in place of what is there").WithBodyLimit(BodyLimits.Document)
            .WithDescription(
                "What a GET returned can be sent back: `created_at`, `updated_at` and `ended_at` are read-only, and refused when they differ from what is stored. "
                + "`is_active` false ends the session.")
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.Session).ReturnsRepresentation()
            .Accepts<NewSession>(JsonBody.ContentType)
            .WithExample("""{"agent_id": "0197a000-0000-7000-8000-000000000001", "type": "chapter", "is_active": true, "context": {"chapter": 4}}""")
            .Produces<Session>().Produces<Session>(StatusCodes.Status201Created);

        sessions.MapPatch("/{id}", PatchAsync)
            .WithName("PatchSession").WithSummary("Change some of a session")
            .WithDescription("What is left out stays. `context` is a JSON merge patch (RFC 7396): null removes a member.")
            .WithBodyLimit(BodyLimits.Document)
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.Session).ReturnsRepresentation()
            .Accepts<SessionPatch>(JsonBody.ContentType, JsonBody.MergePatchContentType)
            .WithExample("""{"context": {"chapter": 4}}""")
            .Produces<Session>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

        sessions.MapPost("/{id}/end", EndAsync)
            .WithName("EndSession").WithSummary("End a session; one that has ended stays as it is")
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.Session).ReturnsRepresentation()
            .Produces<Session>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, SessionStore store, StoryCache cache, PageWriter pages, CancellationToken cancellationToken,
        bool? active = null, Guid? agent_id = null, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        var filter = new SessionFilter(agent_id, active, Paging.TimeCursor(cursor, List, errors), size + 1);
        errors.ThrowIfAny();

        return new CachedJson(await cache.GetAsync(
            CacheKey.Sessions(request.QueryString.Value!),
            (store, pages, filter, address: PageAddress.Of(request), size),
            static async (read, ct) => await read.pages.WriteAsync(read.address, read.store.ListAsync(read.filter, ct), read.size, Json.Session, CursorOf),
            cancellationToken));
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, SessionStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewSession, cancellationToken);
        var errors = new InputErrors();
        sent.CheckBegins(errors);
        var session = sent.Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        return await store.InsertAsync(session, cancellationToken) is { } stored
            ? Created(stored)
            : TypedResults.Problem($"There is a session {session.Id} already; PATCH changes it.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> UpsertAsync(
        Guid id, HttpRequest request, SessionStore store, StoryDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewSession, cancellationToken);
        var errors = new InputErrors();
        if (sent.Id is { } other && other != id)
        {
            errors.Add("id", $"is {other}, and the path says {id}.");
        }

        var session = (sent with { Id = id }).Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        var (stored, created) = await ReadOnlyMembers.WriteAsync(
            database, (sent.CreatedAt ?? sent.UpdatedAt ?? sent.EndedAt) is not null, () => store.LockAsync(id, cancellationToken), sent.CheckReadOnly,
            () => store.UpsertAsync(session, cancellationToken), cancellationToken);
        return created ? Created(stored) : new JsonAnswer<Session>(stored, Json.Session);
    }

    private static async Task<IResult> PatchAsync(
        Guid id, HttpRequest request, SessionStore store, StoryDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var patch = await JsonBody.ReadAsync(request, Json.SessionPatch, cancellationToken);
        var errors = new InputErrors();
        patch.Validate(errors);
        errors.ThrowIfAny();

        return Found(id, await ReadOnlyMembers.WriteAsync(
            database, patch.Id is not null || (patch.CreatedAt ?? patch.UpdatedAt ?? patch.EndedAt) is not null, () => store.LockAsync(id, cancellationToken), patch.CheckReadOnly,
            () => store.PatchAsync(id, patch, Timestamp.Now(time), cancellationToken), cancellationToken));
    }

    private static async Task<IResult> EndAsync(Guid id, SessionStore store, TimeProvider time, CancellationToken cancellationToken) =>
        Found(id, await store.EndAsync(id, Timestamp.Now(time), cancellationToken));

    private static IResult Found(Guid id, Session? session) => session is not null ? new JsonAnswer<Session>(session, Json.Session) : NotFound(id);

    private static JsonAnswer<Session> Created(Session session) =>
        new(session, Json.Session, StatusCodes.Status201Created) { Location = $"/v1/sessions/{session.Id}" };

    private static ProblemHttpResult NotFound(Guid id) => TypedResults.Problem($"There is no session {id}.", statusCode: StatusCodes.Status404NotFound);

    private static string CursorOf(Session session) => new TimeCursor(session.CreatedAt, session.Id).ToText(List);
}
