using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Batch;

/// <summary>Fifty reads in one batch through the gateway, against the same fifty one after the other.</summary>
internal sealed class BatchRow() : Row("batch/50 reads", "POST /v1/batch", "50 requests in turn", "ms", aim: 0.3, Bound.AtMost)
{
    private const int Reads = 50;
    private const int Repeats = 20;

    public override async Task PrepareAsync(Stage stage)
    {
        using var response = await PostAsync(stage);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new NotThereYetException("POST /v1/batch");
        }

        await MeasureAAsync(stage);
        await MeasureBAsync(stage);
    }

    public override Task<double> MeasureAAsync(Stage stage) => MedianAsync(async () =>
    {
        using var response = await PostAsync(stage);
        response.EnsureSuccessStatusCode();
        await response.Content.CopyToAsync(Stream.Null, stage.Stopped);
    });

    public override Task<double> MeasureBAsync(Stage stage) => MedianAsync(async () =>
    {
        foreach (var path in Paths(stage))
        {
            using var response = await stage.Gateway.GetAsync(new Uri(path, UriKind.Relative), stage.Stopped);
            response.EnsureSuccessStatusCode();
        }
    });

    private static IEnumerable<string> Paths(Stage stage) => stage.Dataset.Agents.Take(Reads).Select(id => $"/v1/agents/{id}");

    private static async Task<HttpResponseMessage> PostAsync(Stage stage)
    {
        using var body = new StringContent(
            $"[{string.Join(',', Paths(stage).Select(path => $$"""{"method":"GET","path":"{{path}}"}"""))}]", new MediaTypeHeaderValue("application/json"));
        return await stage.Gateway.PostAsync(new Uri("/v1/batch", UriKind.Relative), body, stage.Stopped);
    }

    private static async Task<double> MedianAsync(Func<Task> once)
    {
        var times = new double[Repeats];
        for (var i = 0; i < Repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await once();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times.Median();
    }
}
