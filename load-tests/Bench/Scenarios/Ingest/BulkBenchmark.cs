using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Scenarios.Ingest;

/// <summary>
/// Batches of new events posted one after the other, compared with one \copy of as many rows of the same shape into the same table.
/// </summary>
/// <param name="size">Events of one request.</param>
internal sealed partial class BulkBenchmark(int size) : ComparisonBenchmark(
    $"ingest/bulk of {size:N0}", "POST /v1/events/batch at the hub, NDJSON", "psql \\copy", "events/s")
{
    private static readonly Uri Path = new("/v1/events/batch", UriKind.Relative);

    public static IEnumerable<BulkBenchmark> All => [new(10_000), new(50_000)];

    public override async Task PrepareAsync(BenchmarkEnvironment environment)
    {
        await MeasureSubjectAsync(environment);
        await MeasureBaselineAsync(environment);
    }

    protected override async Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment)
    {
        var events = Events(environment);
        var bodies = Enumerable.Range(0, events / size).Select(_ => EventDocuments.Ndjson(size)).ToList();
        var watch = Stopwatch.StartNew();
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            using var response = await environment.Hub.PostAsync(Path, content, environment.Stopped);
            var text = await response.Content.ReadAsStringAsync(environment.Stopped);
            if (!response.IsSuccessStatusCode || !text.Contains($"\"accepted\":{size}", StringComparison.Ordinal))
            {
                throw new MeasurementFailedException($"The response to a batch was {(int)response.StatusCode}: {text}");
            }
        }

        return new Run(events / watch.Elapsed.TotalSeconds, events);
    }

    protected override async Task<Run> MeasureBaselineAsync(BenchmarkEnvironment environment)
    {
        var events = Events(environment);
        var file = System.IO.Path.Combine(BenchmarkPaths.Files, "events.tsv");
        await File.WriteAllBytesAsync(file, EventDocuments.CopyText(events), environment.Stopped);
        var output = await Tool.RunAsync("psql",
        [
            "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\timing on",
            "-c", $"\\copy mcp_documents.events ({EventDocuments.Columns}) FROM '{file}'",
        ], environment.Stopped, environment.System.PostgresVariables);
        var milliseconds = double.Parse(Milliseconds().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return new Run(events / milliseconds * 1000, events);
    }

    // A multiple of the size: whole batches are posted.
    private int Events(BenchmarkEnvironment environment) => environment.Options.Quick ? Math.Max(size, 20_000) : 50_000;

    [GeneratedRegex(@"Time: ([0-9.]+) ms")]
    private static partial Regex Milliseconds();
}
