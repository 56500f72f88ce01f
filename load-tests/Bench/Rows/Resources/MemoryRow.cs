using StoryPortal.Bench.Rows.Cache;

namespace StoryPortal.Bench.Rows.Resources;

/// <summary>The resident memory of the three services after the mixed load.</summary>
internal sealed class MemoryRow() : LimitRow("resources/memory", "gateway, service-hub, data-layer", limit: 800, "MiB")
{
    public override int Runs(BenchOptions options) => 1;

    public override Task PrepareAsync(Stage stage) => MixedLoad.RunAsync(stage, stage.Gateway, round: 0);

    public override Task<double> MeasureAAsync(Stage stage)
    {
        var memory = stage.Processes.Memory();
        return Task.FromResult(memory["gateway"] + memory["service-hub"] + memory["data-layer"]);
    }
}
