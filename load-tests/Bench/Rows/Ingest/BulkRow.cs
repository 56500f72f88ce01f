using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Rows.Ingest;

/// <summary>Batches of new events posted one after the other, against one \copy of as many rows of the same shape into the same table.</summary>
/// <param name="size">Events of one request.</param>
internal sealed partial class BulkRow(int size) : Row(
    $"ingest/bulk of {size:N0}", "POST /v1/events/batch at the hub, NDJSON", "psql \\copy", "events/s", aim: 0.6)
{
    public static IEnumerable<BulkRow> All => [new(10_000), new(50_000)];

    public override async Task PrepareAsync(Stage stage)
    {
        await MeasureAAsync(stage);
        await MeasureBAsync(stage);
    }

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        var events = Events(stage);
        var bodies = Enumerable.Range(0, events / size).Select(_ => EventText.Ndjson(size)).ToList();
        var watch = Stopwatch.StartNew();
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            using var response = await stage.Hub.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), content, stage.Stopped);
            var answer = await response.Content.ReadAsStringAsync(stage.Stopped);
            if (!response.IsSuccessStatusCode || !answer.Contains($"\"accepted\":{size}", StringComparison.Ordinal))
            {
                throw new MeasurementFailedException($"A batch was answered with {(int)response.StatusCode}: {answer}");
            }
        }

        return events / watch.Elapsed.TotalSeconds;
    }

    public override async Task<double> MeasureBAsync(Stage stage)
    {
        var events = Events(stage);
        var file = Path.Combine(Places.Files, "events.tsv");
        await File.WriteAllBytesAsync(file, EventText.CopyText(events), stage.Stopped);
        var output = await Tool.RunAsync("psql",
            ["-X", "-v", "ON_ERROR_STOP=1", "-c", "\\timing on", "-c", $"\\copy mcp_documents.events ({EventText.Columns}) FROM '{file}'"],
            stage.Stopped, stage.System.PostgresVariables);
        return events / double.Parse(Milliseconds().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture) * 1000;
    }

    // A multiple of the size: what is posted are whole batches.
    private int Events(Stage stage) => stage.Options.Quick ? Math.Max(size, 20_000) : 100_000;

    [GeneratedRegex(@"Time: ([0-9.]+) ms")]
    private static partial Regex Milliseconds();
}
