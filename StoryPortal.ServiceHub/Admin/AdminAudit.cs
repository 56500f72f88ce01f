using System.Buffers;
using System.Text.Json;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Admin;

/// <summary>
/// Every admin action leaves an event: <c>admin.</c> and the endpoint's name, with who did it and to what. None goes without, whenever the
/// database is lost: an endpoint that says <see cref="TellsItself"/> stores its event in the same statement as what it does; the event of any other
/// is stored before the action and tells that it was asked for.
/// </summary>
internal sealed class AdminAudit(EventStore events, TimeProvider time) : IEndpointFilter
{
    /// <summary>Metadata of an endpoint that stores its event, made by <see cref="EventOf"/>, with what it does.</summary>
    public static readonly object TellsItself = new Told();

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!HttpMethods.IsGet(http.Request.Method) && http.GetEndpoint()?.Metadata.GetMetadata<Told>() is null)
        {
            await events.RecordAsync(EventOf(http, time), http.RequestAborted);
        }

        return await next(context);
    }

    /// <summary>The event of the action that <paramref name="context"/> asks for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="time">The clock.</param>
    /// <param name="subject">What the action is done to, where the address does not name it.</param>
    /// <param name="owner">The id of the owner that the action gives to the subject; null: none.</param>
    public static Event EventOf(HttpContext context, TimeProvider time, string? subject = null, string? owner = null)
    {
        var now = Timestamp.Now(time);
        var action = JsonNamingPolicy.SnakeCaseLower.ConvertName(context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? context.Request.Method);
        return new Event
        {
            Id = Guid.CreateVersion7(now),
            Type = $"admin.{action}",
            Timestamp = now,
            ReceivedAt = now,
            Payload = Payload(context, subject, owner),
            Origin = EventOrigin.System,
        };
    }

    private static RawJson Payload(HttpContext context, string? subject, string? owner)
    {
        var actor = context.Caller;
        subject ??= context.GetRouteValue("id") as string ?? context.GetRouteValue("name") as string;

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("actor", actor?.Name);
            json.WriteString("actor_id", actor?.Id ?? Guid.Empty.ToString());
            json.WriteString("subject", subject);
            if (owner is not null)
            {
                json.WriteString("owner", owner);
            }

            json.WriteString("method", context.Request.Method);
            json.WriteString("path", context.Request.Path.Value);
            json.WriteEndObject();
        }

        return new RawJson(buffer.WrittenMemory);
    }

    private sealed class Told;
}
