using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows;

/// <summary>A row that compares requests a second.</summary>
internal abstract class LoadRow(string name, string a, string b, double aim) : Row(name, a, b, "requests/s", aim)
{
    public override async Task PrepareAsync(Stage stage)
    {
        await LoadAAsync(stage, stage.Options.WarmUp);
        await LoadBAsync(stage, stage.Options.WarmUp);
    }

    public override async Task<double> MeasureAAsync(Stage stage) => (await LoadAAsync(stage, stage.Options.Load)).PerSecond;

    public override async Task<double> MeasureBAsync(Stage stage) => (await LoadBAsync(stage, stage.Options.Load)).PerSecond;

    protected abstract Task<LoadResult> LoadAAsync(Stage stage, TimeSpan duration);

    protected abstract Task<LoadResult> LoadBAsync(Stage stage, TimeSpan duration);
}
