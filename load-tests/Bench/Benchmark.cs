using System.Text.Json;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Reporting;
using StoryPortal.Bench.Rows;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench;

/// <summary>Runs rows, prints what they find as they find it, and writes all of it to artifacts/bench.json.</summary>
internal static class Benchmark
{
    public static async Task RunAsync(IReadOnlyList<Row> rows, Stage stage)
    {
        Console.WriteLine(Table.Header);
        var results = new List<RowResult>();
        foreach (var row in rows)
        {
            var result = await RunAsync(row, stage);
            results.Add(result);
            Console.WriteLine(Table.Line(result));
            foreach (var line in Table.Processes(result))
            {
                Console.WriteLine(line);
            }
        }

        var report = new Report(DateTimeOffset.UtcNow, stage.Options.Quick, Environment.ProcessorCount, results);
        await File.WriteAllTextAsync(Places.Report, JsonSerializer.Serialize(report, ReportJson.Default.Report), stage.Stopped);
        Console.WriteLine($"{results.Count(result => result.Met)} of {results.Count} aims met; {Path.GetRelativePath(Places.Repository, Places.Report)}");
    }

    private static async Task<RowResult> RunAsync(Row row, Stage stage)
    {
        try
        {
            await row.PrepareAsync(stage);
            var pairs = new List<(double A, double B)>();
            Dictionary<string, double> cpuA = [], cpuB = [];
            for (var run = 0; run < row.Runs(stage.Options); run++)
            {
                var start = stage.Processes.Cpu();
                var a = await row.MeasureAAsync(stage);
                var between = stage.Processes.Cpu();
                var b = await row.MeasureBAsync(stage);
                (cpuA, cpuB) = (between.CoresSince(start), stage.Processes.Cpu().CoresSince(between));
                pairs.Add((a, b));
            }

            // Of a single figure that was there already, nothing is to be told.
            return row is LimitRow
                ? RowResult.Of(row, pairs)
                : RowResult.Of(row, pairs) with { CpuA = cpuA, CpuB = cpuB, Memory = stage.Processes.Memory() };
        }
        catch (NotThereYetException missing)
        {
            return RowResult.Without(row, $"not there yet: {missing.Message}");
        }
        // FormatException: a tool said nothing of what it was asked for.
        catch (Exception failed) when (failed is MeasurementFailedException or HttpRequestException or Npgsql.NpgsqlException or FormatException)
        {
            return RowResult.Without(row, failed.Message);
        }
    }
}
