using Microsoft.Net.Http.Headers;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Events.Stream;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Idempotency;

namespace StoryPortal.ServiceHub.Events;

/// <summary><c>/v1/events</c>.</summary>
internal static class EventEndpoints
{
    private const string List = "events";

    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapEvents(this IEndpointRouteBuilder v1)
    {
        var events = v1.MapGroup("/events").WithTags("Events").ProducesValidationProblem();

        events.MapGet("/", ListAsync)
            .WithName("ListEvents").WithSummary("List events, newest first")
            .WithDescription("""
                `from` is inclusive, `to` exclusive. The `Link` header leads to the next page. With `Accept: application/x-ndjson` the answer is an
                export: every event that matches, unless `limit` says how many, one JSON document a line.
                """)
            .Produces<Event[]>(StatusCodes.Status200OK, JsonBody.ContentType, BatchBody.NdjsonContentType);

        events.MapEventStats();
        events.MapEventStream();

        events.MapGet("/{id}", GetAsync)
            .WithName("GetEvent").WithSummary("Read an event")
            .Produces<Event>().ProducesProblem(StatusCodes.Status404NotFound);

        events.MapPost("/", CreateAsync)
            .WithName("CreateEvent").WithSummary("Record an event")
            .WithDescription("""
                The response comes after the commit. A repeat of an id that is there changes nothing and gets 200 with what is stored.
                `origin` says who wrote an event. Types that begin with `admin.`, `service.` or `stream.` are the system's own: 403.
                """)
            .WithBodyLimit(BodyLimits.Document).TakesIdempotencyKeys()
            .Accepts<NewEvent>(JsonBody.ContentType)
            .WithExample("""{"type": "chapter.written", "agent_id": "0197a000-0000-7000-8000-000000000001", "payload": {"words": 1200}}""")
            .Produces<Event>(StatusCodes.Status201Created).Produces<Event>();

        events.MapPost("/batch", CreateManyAsync)
            .WithName("CreateEvents").WithSummary("Record many events, all or none")
            .WithDescription("""
                A JSON array or NDJSON, gzip is taken; at most 50,000 events and 32 MiB. Lines of an export can be sent back as they are.
                Types that begin with `admin.`, `service.` or `stream.` are the system's own: 403, unless the event is stored already.
                """)
            .TakesBatches().TakesIdempotencyKeys()
            .Accepts<NewEvent[]>(JsonBody.ContentType, BatchBody.NdjsonContentType)
            .WithExample("""[{"type": "chapter.begun"}, {"type": "chapter.written", "payload": {"words": 1200}}]""")
            .Produces<EventBatchResult>();
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, EventStore store, PageWriter pages, CancellationToken cancellationToken,
        string? type = null, Guid? agent_id = null, Guid? session_id = null, string? from = null, string? to = null, int? limit = null, string? cursor = null)
    {
        var errors = new InputErrors();
        var export = request.Accepts(BatchBody.NdjsonContentType);
        var size = export ? Paging.Limit(limit, errors, highest: int.MaxValue) : Paging.Limit(limit, errors);
        var filter = new EventFilter(
            errors.Optional("type", type, 200),
            agent_id,
            session_id,
            QueryText.Time(from, "from", errors),
            QueryText.Time(to, "to", errors),
            Paging.TimeCursor(cursor, List, errors),
            export ? size : size + 1);
        errors.ThrowIfAny();

        request.HttpContext.Response.Headers.Vary = HeaderNames.Accept;
        return export
            ? new EventExport(store, filter, limit)
            : await pages.PageAsync(request, store.ListAsync(filter, cancellationToken), size, Json.Event, e => new TimeCursor(e.Timestamp, e.Id).ToText(List));
    }

    private static async Task<IResult> GetAsync(Guid id, EventStore store, CancellationToken cancellationToken) =>
        await store.GetAsync(id, cancellationToken) is { } e
            ? new JsonAnswer<Event>(e, Json.Event)
            : TypedResults.Problem($"There is no event {id}.", statusCode: StatusCodes.Status404NotFound);

    private static async Task<IResult> CreateAsync(HttpRequest request, EventStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(request, Json.NewEvent, cancellationToken);
        var errors = new InputErrors();
        var e = sent.Validate(errors, Timestamp.Now(time));
        errors.ThrowIfAny();

        var (stored, created) = ReservedEventTypes.Includes(sent.Type) ? (await RepeatedAsync(sent, store, cancellationToken), false)
            : await store.InsertAsync(e, cancellationToken);
        if (!created)
        {
            sent.CheckReadOnly(errors, new StoredEvent(stored));
            errors.ThrowIfAny();
        }

        return new JsonAnswer<Event>(stored, Json.Event, created ? StatusCodes.Status201Created : StatusCodes.Status200OK)
        {
            Location = created ? $"/v1/events/{stored.Id}" : null,
        };
    }

    private static async Task<IResult> CreateManyAsync(HttpRequest request, EventStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = Timestamp.Now(time);
        List<(NewEvent Event, InputPosition Position)> compared = [];
        var events = await BatchBody.ReadAsync(
            request, Json.NewEvent, Json.ListNewEvent, (e, errors) =>
            {
                if ((e.Id is not null && (e.ReceivedAt is not null || e.Origin is not null)) || ReservedEventTypes.Includes(e.Type))
                {
                    compared.Add((e, errors.Position));
                }

                return e.Validate(errors, now);
            }, cancellationToken);
        var repeats = compared.Count > 0 ? await CheckStoredAsync(store, compared, cancellationToken) : [];
        var repeated = repeats.Count > 0 ? events.RemoveAll(e => repeats.Contains(e.Id)) : 0;
        var result = await store.InsertManyAsync(events, cancellationToken);
        return new JsonAnswer<EventBatchResult>(result with { Duplicates = result.Duplicates + repeated }, Json.EventBatchResult);
    }

    // An event of a reserved type is what a caller has read, or it is refused.
    private static async Task<Event> RepeatedAsync(NewEvent sent, EventStore store, CancellationToken cancellationToken) =>
        sent.Id is { } id && await store.GetAsync(id, cancellationToken) is { } stored && sent.IsRepeatOf(new StoredEvent(stored))
            ? stored
            : throw new InputException("type", ReservedEventTypes.Refusal, StatusCodes.Status403Forbidden);

    // Before the write and without a lock: what is stored of an event never changes. Returns the ids of repeated events of reserved types.
    private static async Task<HashSet<Guid>> CheckStoredAsync(
        EventStore store, List<(NewEvent Event, InputPosition Position)> sent, CancellationToken cancellationToken)
    {
        var stored = await store.StoredAsync([.. sent.Select(row => row.Event.Id).OfType<Guid>()], cancellationToken);
        var (errors, reserved, repeats) = (new InputErrors(), new InputErrors(), new HashSet<Guid>());
        foreach (var (e, position) in sent)
        {
            var known = e.Id is { } id ? stored.GetValueOrDefault(id) : null;
            if (ReservedEventTypes.Includes(e.Type))
            {
                if (known is null || !e.IsRepeatOf(known))
                {
                    reserved.Position = position;
                    reserved.Add("type", ReservedEventTypes.Refusal);
                    continue;
                }

                repeats.Add(e.Id!.Value);
            }

            if (known is not null)
            {
                errors.Position = position;
                e.CheckReadOnly(errors, known);
            }
        }

        errors.ThrowIfAny();
        reserved.ThrowIfAny(StatusCodes.Status403Forbidden);
        return repeats;
    }
}
