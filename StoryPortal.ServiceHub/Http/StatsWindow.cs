using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>The time over which statistics are taken: the last 24 hours unless <c>from</c> and <c>to</c> say otherwise, at most 31 days.</summary>
/// <param name="From">Its first moment.</param>
/// <param name="To">The moment after its last.</param>
internal readonly record struct StatsWindow(DateTimeOffset From, DateTimeOffset To)
{
    private static readonly TimeSpan Usual = TimeSpan.FromHours(24);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <summary>Reads the query parameters; without <c>to</c> the window ends now.</summary>
    public static StatsWindow Read(string? from, string? to, TimeProvider time, InputErrors errors)
    {
        var end = QueryText.Time(to, "to", errors) ?? Timestamp.Now(time);
        var start = QueryText.Time(from, "from", errors) ?? end - Usual;
        if (!errors.Any && (start >= end || end - start > Longest))
        {
            errors.Add("from", $"is {(start >= end ? "not before the window's end" : "more than 31 days before the window's end")}; windows of up to 31 days are taken.");
        }

        return new StatsWindow(start, end);
    }
}
