namespace StoryPortal.Bench.Rows.Resources;

/// <summary>What the three services use while nobody asks for anything.</summary>
internal sealed class IdleRow() : LimitRow("resources/idle CPU", "gateway, service-hub, data-layer", limit: 2, "% of a core")
{
    public override int Runs(BenchOptions options) => options.Quick ? 1 : options.Runs;

    // What start-up left behind: compilation in the background, first probes.
    public override Task PrepareAsync(Stage stage) => Task.Delay(TimeSpan.FromSeconds(stage.Options.Quick ? 3 : 20), stage.Stopped);

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        var before = stage.Processes.Cpu();
        await Task.Delay(TimeSpan.FromSeconds(stage.Options.Quick ? 4 : 10), stage.Stopped);
        var cores = stage.Processes.Cpu().CoresSince(before);
        return 100 * (cores["gateway"] + cores["service-hub"] + cores["data-layer"]);
    }
}
