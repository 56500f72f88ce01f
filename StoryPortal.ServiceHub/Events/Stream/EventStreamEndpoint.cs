using Microsoft.Extensions.Primitives;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Draining;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Batch;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Events.Stream;

/// <summary><c>/v1/events/stream</c>: events as they come, as server-sent events.</summary>
internal static class EventStreamEndpoint
{
    private const string ContentType = "text/event-stream";

    /// <summary>The operation's name.</summary>
    public const string Name = "StreamEvents";

    /// <summary>The header of whoever resumes.</summary>
    public const string LastEventId = "Last-Event-ID";

    public static void AddEventStreams(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<EventStreamOptions>().BindConfiguration(EventStreamOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<EventStreams>();
        builder.Services.AddHostedService(services => services.GetRequiredService<EventStreams>());
    }

    public static void MapEventStream(this IEndpointRouteBuilder events) => events.MapGet("/stream", OpenAsync)
        .WithName(Name).WithSummary("Follow events as they are stored")
        .WithDescription("""
            Server-sent events, in the order in which events were stored: `id` is the event's id, `event` its type, `data` the event as one line of JSON.
            With `Last-Event-ID`, or `last_event_id` where headers cannot be set, the stream begins after that event; every event comes at least once.
            Where that event is not stored any more, `stream.gap` comes first and the stream begins at the oldest event that is left.
            Comments come every 15 seconds. A reader that is too slow gets `stream.overflow` and the stream ends, as it does with `stream.end` when the
            server stops or the key ends; `data` says where to resume.
            """)
        .NotInBatches()
        .DisableHttpMetrics() // how long it is open says nothing of how fast the hub is
        .Produces<string>(StatusCodes.Status200OK, ContentType);

    private static async Task<IResult> OpenAsync(
        HttpRequest request, EventFeed feed, EventStreams streams, CredentialRevalidator credentials, Drain drain, CancellationToken cancellationToken,
        string? type = null, Guid? agent_id = null, string? last_event_id = null)
    {
        var errors = new InputErrors();
        errors.Given("type", type, 200);
        var resumed = Resumed(request.Headers[LastEventId], last_event_id, errors);
        errors.ThrowIfAny();

        // Retention may have removed the event: its reader gets what is left of those after it, and is told of the gap.
        var after = resumed is { } id ? await feed.SeqAsync(id, cancellationToken) : null;
        var hasGap = resumed is not null && after is null;

        return request.HttpContext.IsHead()
            ? TypedResults.Text("", ContentType)
            : new EventStreamAnswer(new EventStreamRequest(type, agent_id, hasGap ? 0 : after, resumed, hasGap), feed, streams, credentials, drain.StreamsEnd);
    }

    // Who reconnects by itself keeps the address and brings the header along: it is the newer one.
    private static Guid? Resumed(StringValues header, string? parameter, InputErrors errors)
    {
        var (field, text) = header.Count > 0 ? (LastEventId, header.ToString()) : ("last_event_id", parameter);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (Guid.TryParseExact(text, "D", out var id))
        {
            return id;
        }

        errors.Add(field, $"'{text}' is not the id of an event.");
        return null;
    }
}
