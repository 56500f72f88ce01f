using System.Diagnostics;
using System.Globalization;
using System.Net;
using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Reads;

/// <summary>The p95 of counting thirty days of events, at the hub's endpoint: an upper bound of the query's own time. Each window is another, so that no cache answers.</summary>
internal sealed class StatsRow() : LimitRow("reads/event stats over 30 days", "p95 at the hub", limit: 100, "ms")
{
    private readonly Random _random = new(1);

    public override async Task PrepareAsync(Stage stage)
    {
        using var response = await AskAsync(stage);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new NotThereYetException("GET /v1/events/stats");
        }

        response.EnsureSuccessStatusCode();
    }

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        var times = new List<double>();
        for (var i = 0; i < (stage.Options.Quick ? 10 : 40); i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var response = await AskAsync(stage);
            response.EnsureSuccessStatusCode();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times.Percentile(0.95);
    }

    private Task<HttpResponseMessage> AskAsync(Stage stage)
    {
        var to = DateTimeOffset.UtcNow.AddSeconds(-_random.Next(86_400));
        return stage.Hub.GetAsync(new Uri($"/v1/events/stats?from={Text(to.AddDays(-30))}&to={Text(to)}", UriKind.Relative), stage.Stopped);
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
