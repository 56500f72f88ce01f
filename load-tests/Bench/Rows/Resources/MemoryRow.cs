using StoryPortal.Bench.Rows.Cache;

namespace StoryPortal.Bench.Rows.Resources;

/// <summary>The memory of the three services after a mixed load: at once, and when they have been quiet for as long as they wait before they give memory back.</summary>
internal sealed class MemoryRow : LimitRow
{
    // Memory:ReturnAfterQuietSeconds, and twice as often as they look.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20 + (2 * 5) + 2);

    private readonly TimeSpan _quiet;

    private MemoryRow(string name, TimeSpan quiet) : base(name, "gateway, service-hub, data-layer", limit: 600, "MiB") => _quiet = quiet;

    public static IReadOnlyList<Row> All { get; } = [new MemoryRow("resources/memory", TimeSpan.Zero), new MemoryRow("resources/memory when quiet", Quiet)];

    public override bool IsQuick => _quiet == TimeSpan.Zero;

    public override int Runs(BenchOptions options) => 1;

    public override Task PrepareAsync(Stage stage) => MixedLoad.RunAsync(stage, stage.Gateway, round: 0);

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        await Task.Delay(_quiet, stage.Stopped);
        var memory = stage.Processes.Memory();
        return memory["gateway"] + memory["service-hub"] + memory["data-layer"];
    }
}
