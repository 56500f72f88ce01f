using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Scenarios.Ingest;

/// <summary>
/// Durable events posted one by one, compared with INSERTs of the same rows into the same table, each with a commit of its own.
/// </summary>
internal sealed partial class SingleEventBenchmark()
    : LoadBenchmark("ingest/single event", "POST /v1/events at the hub", "pgbench -M prepared, one INSERT")
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Scenarios", "Ingest");

    protected override bool BaselineNeedsWarmUp => false;

    protected override Task<LoadResult> LoadSubjectAsync(BenchmarkEnvironment environment, TimeSpan duration) => Wrk.RunAsync(
        new Uri(environment.System.Hub.Http, "/v1/events"), duration, environment.System.Key, environment.Stopped,
        script: Path.Combine(Folder, "event.lua"));

    protected override async Task<LoadResult> LoadBaselineAsync(BenchmarkEnvironment environment, TimeSpan duration)
    {
        // pgbench opens 64 connections first; on a busy machine that takes a second.
        var seconds = Math.Max(3, (int)duration.TotalSeconds);
        var output = await Tool.RunAsync("pgbench",
            ["-n", "-M", "prepared", "-c", $"{Wrk.Connections}", "-j", "2", "-T", $"{seconds}", "-f", Path.Combine(Folder, "event.sql")],
            environment.Stopped, environment.System.PostgresVariables);
        return new LoadResult(
            double.Parse(PerSecond().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            long.Parse(Transactions().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"actually processed: (\d+)")]
    private static partial Regex Transactions();
}
