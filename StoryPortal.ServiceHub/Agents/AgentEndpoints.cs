using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.ServiceHub.Agents;

/// <summary><c>/v1/agents</c>.</summary>
internal static class AgentEndpoints
{
    private const string List = "agents";
    private const int DefaultEvents = 10;
    private const int MostEvents = 100;

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapAgents(this IEndpointRouteBuilder v1)
    {
        var agents = v1.MapGroup("/agents").WithTags("Agents").ProducesValidationProblem();

        agents.MapGet("/", ListAsync)
            .WithName("ListAgents").WithSummary("List agents, newest first")
            .WithDescription("`include=events` brings the latest events of each agent along, ten unless `events_limit` says otherwise; `events_truncated` says that they are fewer, because they would make the page too large. The `Link` header leads to the next page.")
            .Produces<Agent[]>();

        var (store, cache) = (v1.ServiceProvider.GetRequiredService<AgentStore>(), v1.ServiceProvider.GetRequiredService<StoryCache>());
        agents.MapGet("/{id}", (Guid id, HttpContext context) => CachedRead.Async(
                context, cache, CacheKey.Agent(id), (store, id),
                static async (read, ct) => Answer.Of(await read.store.GetAsync(read.id, ct), Json.Agent), static read => NotFound(read.id)))
            .WithName("GetAgent").WithSummary("Read an agent")
            .Produces<Agent>().ProducesProblem(StatusCodes.Status404NotFound);

        agents.MapPost("/", CreateAsync)
            .WithName("CreateAgent").WithSummary("Create an agent").WithBodyLimit(BodyLimits.Document).TakesIdempotencyKeys().ReturnsRepresentation()
            .Accepts<NewAgent>(JsonBody.ContentType)
            .WithExample("""{"id": "0197a000-0000-7000-8000-000000000001", "name": "Ada", "type": "writer", "status": "active", "configuration": {"model": "gpt-5"}}""")
            .Produces<Agent>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict);

        agents.MapPut("/{id}", UpsertAsync)
            .WithName("PutAgent").WithSummary("Create an agent, or put it in place of what is there").WithBodyLimit(BodyLimits.Document)
            .WithDescription("What a GET returned can be sent back: `created_at` and `updated_at` are read-only, and refused when they differ from what is stored.")
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.Agent).ReturnsRepresentation()
            .Accepts<NewAgent>(JsonBody.ContentType)
            .WithExample("""{"name": "Ada", "type": "writer", "status": "busy"}""")
            .Produces<Agent>().Produces<Agent>(StatusCodes.Status201Created);

        agents.MapPatch("/{id}", PatchAsync)
            .WithName("PatchAgent").WithSummary("Change some of an agent")
            .WithDescription("What is left out stays. `configuration` and `metadata` are JSON merge patches (RFC 7396): null removes a member.")
            .WithBodyLimit(BodyLimits.Document)
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.Agent).ReturnsRepresentation()
            .Accepts<AgentPatch>(JsonBody.ContentType, JsonBody.MergePatchContentType)
            .WithExample("""{"status": "idle", "metadata": {"team": "novels", "obsolete": null}}""")
            .Produces<Agent>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

        agents.MapDelete("/{id}", DeleteAsync)
            .WithName("DeleteAgent").WithSummary("Delete an agent; its events stay")
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<Guid>(0), ct), Json.Agent)
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);

        agents.MapGet("/{id}/overview", OverviewAsync)
            .WithName("GetAgentOverview").WithSummary("Read an agent with its latest events and metrics")
            .Produces<AgentOverview>().ProducesProblem(StatusCodes.Status404NotFound);

        agents.MapPost("/batch", UpsertManyAsync)
            .WithName("PutAgents").WithSummary("Create or replace many agents, all or none").TakesBatches().TakesIdempotencyKeys()
            .Accepts<NewAgent[]>(JsonBody.ContentType, BatchBody.NdjsonContentType)
            .WithExample("""[{"name": "Ada", "type": "writer"}, {"name": "Bo", "type": "editor"}]""")
            .Produces<AgentBatchResult>();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, AgentStore store, StoryCache cache, PageWriter pages, CancellationToken cancellationToken,
        string? status = null, string? type = null, string? owner = null, string? include = null, int? events_limit = null, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var size = Paging.Limit(limit, errors);
        if (include is not (null or "events"))
        {
            errors.Add("include", $"'{include}' is not known; 'events' is.");
        }

        var eventsOfEach = Paging.Limit(events_limit, errors, "events_limit", DefaultEvents, MostEvents);
        var filter = new AgentFilter(
            QueryText.Member<AgentStatus>(status, "status", errors),
            errors.Optional("type", type, 100),
            errors.Optional("owner", owner, 200),
            Paging.TimeCursor(cursor, List, errors),
            size + 1,
            include is null ? null : new IncludedEvents(eventsOfEach, pages.MaxBytes));
        errors.ThrowIfAny();

        // Events come too fast for a list that shows them to be worth keeping.
        return filter.Events is not null
            ? await pages.PageAsync(request, store.ListAsync(filter, cancellationToken), size, Json.Agent, CursorOf)
            : new CachedJson(await cache.GetAsync(
                CacheKey.Agents(request.QueryString.Value!),
                (store, pages, filter, address: PageAddress.Of(request), size),
                static async (read, ct) => await read.pages.WriteAsync(read.address, read.store.ListAsync(read.filter, ct), read.size, Json.Agent, CursorOf),
                cancellationToken));
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, AgentStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var agent = Validated(await JsonBody.ReadAsync(request, Json.NewAgent, cancellationToken), time);
        return await store.InsertAsync(agent, cancellationToken) is { } stored
            ? Created(stored)
            : TypedResults.Problem($"There is an agent {agent.Id} already; PUT replaces it.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> UpsertAsync(
        Guid id, HttpRequest request, AgentStore store, StoryDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewAgent, cancellationToken);
        if (sent.Id is { } other && other != id)
        {
            throw new InputException("id", $"is {other}, and the path says {id}.");
        }

        var validated = Validated(sent with { Id = id }, time);
        var (agent, created) = await ReadOnlyMembers.WriteAsync(
            database, (sent.CreatedAt ?? sent.UpdatedAt) is not null, () => store.LockAsync(id, cancellationToken), sent.CheckReadOnly,
            () => store.UpsertAsync(validated, cancellationToken), cancellationToken);
        return created ? Created(agent) : new JsonAnswer<Agent>(agent, Json.Agent);
    }

    private static async Task<IResult> PatchAsync(
        Guid id, HttpRequest request, AgentStore store, StoryDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var patch = await JsonBody.ReadAsync(request, Json.AgentPatch, cancellationToken);
        var errors = new InputErrors();
        patch.Validate(errors);
        errors.ThrowIfAny();

        var patched = await ReadOnlyMembers.WriteAsync(
            database, patch.Id is not null || (patch.CreatedAt ?? patch.UpdatedAt) is not null, () => store.LockAsync(id, cancellationToken), patch.CheckReadOnly,
            () => store.PatchAsync(id, patch, Timestamp.Now(time), cancellationToken), cancellationToken);
        return patched is not null ? new JsonAnswer<Agent>(patched, Json.Agent) : NotFound(id);
    }

    private static async Task<IResult> DeleteAsync(Guid id, AgentStore store, CancellationToken cancellationToken) =>
        await store.DeleteAsync(id, cancellationToken) ? TypedResults.NoContent() : NotFound(id);

    private static async Task<IResult> OverviewAsync(Guid id, AgentOverviewStore store, TimeProvider time, CancellationToken cancellationToken) =>
        await store.GetAsync(id, Timestamp.Now(time), cancellationToken) is { } overview
            ? new JsonAnswer<AgentOverview>(overview, Json.AgentOverview)
            : NotFound(id);

    private static async Task<IResult> UpsertManyAsync(
        HttpRequest request, AgentStore store, StoryDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = Timestamp.Now(time);
        List<(NewAgent Agent, InputPosition Position)> compared = [];
        var agents = await BatchBody.ReadAsync(
            request, Json.NewAgent, Json.ListNewAgent, (agent, errors) =>
            {
                if (agent.Id is not null && (agent.CreatedAt ?? agent.UpdatedAt) is not null)
                {
                    compared.Add((agent, errors.Position));
                }

                return agent.Validate(errors, now);
            }, cancellationToken);
        var result = await ReadOnlyMembers.WriteAsync(
            database, compared.Count > 0, () => store.LockManyAsync([.. compared.Select(row => row.Agent.Id!.Value)], cancellationToken)!,
            (errors, stored) => CheckReadOnly(errors, stored, compared), () => store.UpsertManyAsync(agents, cancellationToken), cancellationToken);
        return new JsonAnswer<AgentBatchResult>(result, Json.AgentBatchResult);
    }

    private static void CheckReadOnly(InputErrors errors, List<Agent> stored, List<(NewAgent Agent, InputPosition Position)> sent)
    {
        var byId = stored.ToDictionary(agent => agent.Id);
        foreach (var (agent, position) in sent)
        {
            if (byId.TryGetValue(agent.Id!.Value, out var known))
            {
                errors.Position = position;
                agent.CheckReadOnly(errors, known);
            }
        }
    }

    private static string CursorOf(Agent agent) => new TimeCursor(agent.CreatedAt, agent.Id).ToText(List);

    private static Agent Validated(NewAgent sent, TimeProvider time)
    {
        var errors = new InputErrors();
        var agent = sent.Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();
        return agent;
    }

    private static ProblemHttpResult NotFound(Guid id) => TypedResults.Problem($"There is no agent {id}.", statusCode: StatusCodes.Status404NotFound);

    private static JsonAnswer<Agent> Created(Agent agent) =>
        new(agent, Json.Agent, StatusCodes.Status201Created) { Location = $"/v1/agents/{agent.Id}" };
}
