namespace StoryPortal.Bench.Rows.Resources;

/// <summary>The most database connections that the system had open during all rows before.</summary>
internal sealed class ConnectionsRow() : LimitRow("resources/database connections", "open at most", limit: 50, "connections")
{
    public override int Runs(BenchOptions options) => 1;

    public override Task<double> MeasureAAsync(Stage stage) => Task.FromResult((double)stage.Connections.Most);
}
