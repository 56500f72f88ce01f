using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows;

/// <summary>A row that compares requests a second.</summary>
internal abstract class LoadRow(string name, string a, string b, double aim) : Row(name, a, b, "requests/s", aim)
{
    private const double Faster = 1.03;
    private const int EnoughSlices = 2;

    public override async Task PrepareAsync(Stage stage)
    {
        await WarmUpAsync(stage, LoadAAsync);
        await WarmUpAsync(stage, LoadBAsync);
    }

    public override async Task<double> MeasureAAsync(Stage stage) => (await LoadAAsync(stage, stage.Options.Load)).PerSecond;

    public override async Task<double> MeasureBAsync(Stage stage) => (await LoadBAsync(stage, stage.Options.Load)).PerSecond;

    // The just-in-time compiler works in the background, for longer the more code a request passes: until it no longer gets faster.
    private static async Task WarmUpAsync(Stage stage, Func<Stage, TimeSpan, Task<LoadResult>> load)
    {
        // One slice may be slow because the compiler is at work just then, so one that is no faster does not end it.
        var (best, noFaster) = (0.0, 0);
        for (var slice = 0; slice < stage.Options.WarmUpSlices && noFaster < EnoughSlices; slice++)
        {
            var speed = (await load(stage, stage.Options.WarmUp)).PerSecond;
            noFaster = speed < best * Faster ? noFaster + 1 : 0;
            best = Math.Max(best, speed);
        }
    }

    protected abstract Task<LoadResult> LoadAAsync(Stage stage, TimeSpan duration);

    protected abstract Task<LoadResult> LoadBAsync(Stage stage, TimeSpan duration);
}
