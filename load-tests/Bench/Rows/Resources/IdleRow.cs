namespace StoryPortal.Bench.Rows.Resources;

/// <summary>What the three services use while nobody asks for anything.</summary>
internal sealed class IdleRow() : LimitRow("resources/idle CPU", "gateway, service-hub, data-layer", limit: 6, "% of a core")
{
    // What start-up left behind: compilation in the background, first probes.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    public override bool IsQuick => false; // nothing is idle so soon after its start

    public override Task PrepareAsync(Stage stage) => Task.Delay(Settling, stage.Stopped);

    public override async Task<double> MeasureAAsync(Stage stage)
    {
        var before = stage.Processes.Cpu();
        await Task.Delay(Length, stage.Stopped);
        var cores = stage.Processes.Cpu().CoresSince(before);
        return 100 * (cores["gateway"] + cores["service-hub"] + cores["data-layer"]);
    }
}
