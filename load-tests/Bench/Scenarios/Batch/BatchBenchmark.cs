using System.Diagnostics;
using System.Net.Http.Headers;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios.Batch;

/// <summary>Fifty reads in one batch through the gateway, compared with the same fifty one after the other.</summary>
internal sealed class BatchBenchmark() : ComparisonBenchmark("batch/50 reads", "POST /v1/batch", "50 requests in turn", "ms")
{
    private const int Reads = 50;
    private const int Repeats = 20;

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        await MeasureSubjectAsync(environment);
        await MeasureBaselineAsync(environment);
    }

    protected override Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment) => MedianAsync(async () =>
    {
        var items = Paths(environment).Select(path => $$"""{"method":"GET","path":"{{path}}"}""");
        using var body = new StringContent($"[{string.Join(',', items)}]", new MediaTypeHeaderValue("application/json"));
        using var response = await environment.Gateway.PostAsync(new Uri("/v1/batch", UriKind.Relative), body, environment.Stopped);
        response.EnsureSuccessStatusCode();
    });

    protected override Task<Run> MeasureBaselineAsync(BenchmarkEnvironment environment) => MedianAsync(async () =>
    {
        foreach (var path in Paths(environment))
        {
            using var response = await environment.Gateway.GetAsync(new Uri(path, UriKind.Relative), environment.Stopped);
            response.EnsureSuccessStatusCode();
        }
    });

    private static IEnumerable<string> Paths(BenchmarkEnvironment environment) =>
        environment.Dataset.Agents.Take(Reads).Select(id => $"/v1/agents/{id}");

    private static async Task<Run> MedianAsync(Func<Task> runAsync)
    {
        var times = new double[Repeats];
        for (var i = 0; i < Repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await runAsync();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return new Run(times.Median(), Reads * Repeats);
    }
}
