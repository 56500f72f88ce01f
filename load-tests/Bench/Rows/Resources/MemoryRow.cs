using StoryPortal.Bench.Rows.Cache;

namespace StoryPortal.Bench.Rows.Resources;

/// <summary>The memory of the three services after a mixed load: at once, and when they have been quiet for as long as they wait before they give memory back.</summary>
internal sealed class MemoryRow : LimitRow
{
    // Memory:ReturnAfterQuietSeconds, and twice as often as they look.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20 + (2 * 5) + 2);

    private readonly TimeSpan _quiet;

    private MemoryRow(string name, TimeSpan quiet = default, bool isQuick = false) : base(name, "gateway, service-hub, data-layer", limit: 600, "MiB") =>
        (_quiet, IsQuick) = (quiet, isQuick);

    /// <summary>After the mixed load, with no bulk post before it.</summary>
    public static Row AfterMixedLoad { get; } = new MemoryRow("resources/memory", isQuick: true);

    /// <summary>After everything: bulk posts leave more behind than any mixed load.</summary>
    public static IReadOnlyList<Row> AfterEverything { get; } =
        [new MemoryRow("resources/memory after everything"), new MemoryRow("resources/memory when quiet", Quiet)];

    public override bool IsQuick { get; }

    public override int Runs(BenchOptions options) => 1;

    public override Task PrepareAsync(Stage stage) => MixedLoad.RunAsync(stage, stage.Gateway, round: 0);

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        await Task.Delay(_quiet, stage.Stopped);
        var memory = stage.Processes.Memory();
        return memory["gateway"] + memory["service-hub"] + memory["data-layer"];
    }
}
