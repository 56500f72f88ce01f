using System.Buffers;
using System.Text.Json;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.ServiceHub.Admin;

/// <summary>Every admin action that changes something leaves an event: <c>admin.</c> and the endpoint's name, with who did it and to what.</summary>
internal sealed class AdminAudit(EventStore events, TimeProvider time) : IEndpointFilter
{
    /// <summary>Names what the action was done to, where the address does not.</summary>
    public static void SetSubject(HttpContext context, string subject) => context.Features.Set(new Subject(subject));

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        var request = context.HttpContext.Request;
        if (!HttpMethods.IsGet(request.Method) && result is not IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest })
        {
            // Not the request's own token: an action that was done is told even if the caller has left.
            await events.InsertAsync(Describe(context.HttpContext), CancellationToken.None);
        }

        return result;
    }

    private Event Describe(HttpContext context)
    {
        var now = Timestamp.Now(time);
        var action = JsonNamingPolicy.SnakeCaseLower.ConvertName(context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? context.Request.Method);
        return new Event
        {
            Id = Guid.CreateVersion7(now),
            Type = $"admin.{action}",
            Timestamp = now,
            ReceivedAt = now,
            Payload = Payload(context),
        };
    }

    private static RawJson Payload(HttpContext context)
    {
        var actor = context.Features.Get<Verdict>()?.Key;
        var subject = context.Features.Get<Subject>()?.Name ?? context.GetRouteValue("id") as string ?? context.GetRouteValue("name") as string;

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("actor", actor?.Name);
            json.WriteString("actor_id", actor?.Id ?? Guid.Empty);
            json.WriteString("subject", subject);
            json.WriteString("method", context.Request.Method);
            json.WriteString("path", context.Request.Path.Value);
            json.WriteEndObject();
        }

        return new RawJson(buffer.WrittenMemory);
    }

    private sealed record Subject(string Name);
}
