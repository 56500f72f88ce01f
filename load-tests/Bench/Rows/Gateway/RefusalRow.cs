using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Gateway;

/// <summary>What the gateway's processor spends on a request that it refuses, against one that it serves.</summary>
internal abstract class RefusalRow(string name, string refused) : Row(name, refused, "proxied GET", "µs CPU/request", aim: 1, Bound.AtMost)
{
    public override async Task PrepareAsync(Stage stage)
    {
        await MeasureAAsync(stage);
        await MeasureBAsync(stage);
    }

    public override Task<double> MeasureAAsync(Stage stage) => MeasureAsync(stage, RefusedKey(stage), refused: true);

    public override Task<double> MeasureBAsync(Stage stage) => MeasureAsync(stage, stage.System.Key, refused: false);

    /// <summary>A key with which the gateway refuses every request.</summary>
    protected abstract string RefusedKey(Stage stage);

    private static async Task<double> MeasureAsync(Stage stage, string key, bool refused)
    {
        var gateway = stage.Processes["gateway"];
        var before = ProcFiles.CpuSeconds(gateway);
        var load = await Wrk.RunAsync(new Uri(stage.System.Gateway.Http, stage.AgentPath), stage.Options.Load, key, stage.Stopped, refused);
        return (ProcFiles.CpuSeconds(gateway) - before) / load.Requests * 1e6;
    }
}
