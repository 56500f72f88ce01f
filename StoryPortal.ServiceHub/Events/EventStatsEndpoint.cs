using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Events;

/// <summary><c>/v1/events/stats</c>.</summary>
internal static class EventStatsEndpoint
{
    private const int MostMinutes = 1500;
    private const int MostRows = 50_000;

    private static readonly TimeSpan UsualForMinutes = TimeSpan.FromHours(2);
    private static readonly TimeSpan UsualForHours = TimeSpan.FromDays(7);

    public static void MapEventStats(this IEndpointRouteBuilder events) => events.MapGet("/stats", CountAsync)
        .WithName("GetEventStats").WithSummary("Count events by type and time")
        .WithDescription("""
            Of the last 24 hours unless `from` and `to` say otherwise; at most 31 days. `bucket` is minute (windows of up to 25 hours), hour or day; by
            default what suits the window. A bucket without events has no row.
            """)
        .Produces<EventCount[]>();

    private static async Task<IResult> CountAsync(
        EventStatsStore store, TimeProvider time, CancellationToken cancellationToken,
        string? from = null, string? to = null, string? bucket = null, string? type = null, Guid? agent_id = null)
    {
        var errors = new InputErrors();
        var window = StatsWindow.Read(from, to, time, errors);
        var length = window.To - window.From;
        var size = QueryText.Member<EventBucket>(bucket, "bucket", errors) ?? Suiting(length);
        if (!errors.Any && size == EventBucket.Minute && length.TotalMinutes > MostMinutes)
        {
            errors.Add("bucket", $"is minute, and the window has more than {MostMinutes} minutes; take hour or a shorter window.");
        }

        errors.Optional("type", type, 200);
        errors.ThrowIfAny();

        var counts = await store.CountAsync(new EventStatsFilter(type, agent_id, window.From, window.To, size, MostRows + 1), cancellationToken);
        return counts.Count <= MostRows
            ? new JsonAnswer<List<EventCount>>(counts, StoryJson.Contracts.ListEventCount)
            : throw new InputException("bucket", $"gives more than {MostRows} counts; take a larger one, a shorter window or one type.");
    }

    private static EventBucket Suiting(TimeSpan length) =>
        length <= UsualForMinutes ? EventBucket.Minute : length <= UsualForHours ? EventBucket.Hour : EventBucket.Day;
}
