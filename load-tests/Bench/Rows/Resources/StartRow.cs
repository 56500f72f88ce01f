namespace StoryPortal.Bench.Rows.Resources;

/// <summary>How long the built system takes until everything is healthy, with empty data: making a database is part of it.</summary>
internal sealed class StartRow() : LimitRow("resources/start to healthy", "start", limit: 20, "s")
{
    public override int Runs(BenchOptions options) => 1;

    public override Task<double> MeasureAAsync(Stage stage) => Task.FromResult(stage.System.StartTime.TotalSeconds);
}
