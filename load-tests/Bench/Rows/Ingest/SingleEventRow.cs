using System.Globalization;
using System.Text.RegularExpressions;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Servers;

namespace StoryPortal.Bench.Rows.Ingest;

/// <summary>Durable events posted one by one, against INSERTs of the same rows into the same table, each with a commit of its own.</summary>
internal sealed partial class SingleEventRow() : LoadRow("ingest/single event", "POST /v1/events at the hub", "pgbench -M prepared, one INSERT", aim: 1.0)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Rows", "Ingest");

    protected override Task<LoadResult> LoadAAsync(Stage stage, TimeSpan duration) => Wrk.RunAsync(
        new Uri(stage.System.Hub.Http, "/v1/events"), duration, stage.System.Key, stage.Stopped, script: Path.Combine(Folder, "event.lua"));

    protected override async Task<LoadResult> LoadBAsync(Stage stage, TimeSpan duration)
    {
        // 64 connections take a while to open: in a second, nothing else may happen on a busy machine.
        var seconds = Math.Max(3, (int)duration.TotalSeconds);
        var output = await Tool.RunAsync("pgbench",
            ["-n", "-M", "prepared", "-c", $"{Wrk.Connections}", "-j", "2", "-T", $"{seconds}", "-f", Path.Combine(Folder, "event.sql")],
            stage.Stopped, stage.System.PostgresVariables);
        return new LoadResult(
            double.Parse(PerSecond().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            long.Parse(Transactions().Match(output).Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"actually processed: (\d+)")]
    private static partial Regex Transactions();
}
