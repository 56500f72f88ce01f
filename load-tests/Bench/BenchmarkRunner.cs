using System.Text.Json;
using Npgsql;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Reporting;
using StoryPortal.Bench.Scenarios;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench;

/// <summary>Runs benchmarks, prints each result at once, and writes all of them to artifacts/bench.json.</summary>
internal static class BenchmarkRunner
{
    /// <summary>Runs <paramref name="benchmarks"/>; returns the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<Benchmark> benchmarks, BenchmarkEnvironment environment)
    {
        Console.WriteLine(ResultTable.Header);
        var results = new List<BenchmarkResult>();
        foreach (var benchmark in benchmarks)
        {
            var result = await MeasureAsync(benchmark, environment);
            results.Add(result);
            Console.WriteLine(ResultTable.Line(result));
            foreach (var line in ResultTable.Processes(result))
            {
                Console.WriteLine(line);
            }
        }

        var report = new BenchmarkReport(DateTimeOffset.UtcNow, environment.Options.Quick, Environment.ProcessorCount, results);
        var json = JsonSerializer.Serialize(report, ReportJson.Default.BenchmarkReport);
        await File.WriteAllTextAsync(BenchmarkPaths.Report, json, environment.Stopped);
        Console.WriteLine(ResultTable.Summary(report));
        Console.WriteLine(Path.GetRelativePath(BenchmarkPaths.Repository, BenchmarkPaths.Report));
        return report.ExitCode;
    }

    private static async Task<BenchmarkResult> MeasureAsync(Benchmark benchmark, BenchmarkEnvironment environment)
    {
        try
        {
            await benchmark.PrepareAsync(environment);
            var recorder = new PairRecorder(environment.Processes, Random.Shared);
            var pairs = new List<Pair>();
            while (pairs.Count < benchmark.Pairs(environment.Options))
            {
                pairs.Add(await benchmark.MeasurePairAsync(environment, recorder));
            }

            return BenchmarkResult.From(benchmark, pairs) with
            {
                SubjectCpu = recorder.SubjectCpu,
                BaselineCpu = recorder.BaselineCpu,
                Memory = environment.Processes.Memory(),
            };
        }
        // FormatException: a tool did not print the figure.
        catch (Exception failed) when (failed is MeasurementFailedException or HttpRequestException or NpgsqlException or FormatException)
        {
            return BenchmarkResult.Failed(benchmark, failed.Message);
        }
        finally
        {
            await benchmark.CleanUpAsync(environment);
        }
    }
}
