using System.Diagnostics;
using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Rows.Reads;

/// <summary>The p95 of a query at the store, from asking for a connection to the last row: against its target, or against a tenth of the rows.</summary>
internal sealed class ReadRow : Row
{
    private readonly ReadQuery _query;
    private readonly bool _againstTarget;

    private ReadRow(ReadQuery query)
        : base($"reads/{query.Name}", "p95 at the store", "target", "ms", aim: 1, Bound.AtMost) => (_query, _againstTarget) = (query, true);

    private ReadRow(ReadQuery query, double aim)
        : base($"reads/{query.Name}, growth", "p95 with all rows", "p95 with a tenth of them", "ms", aim, Bound.AtMost) => _query = query;

    public static IEnumerable<ReadRow> All => ReadQueries.All.SelectMany(query => new[] { new ReadRow(query), new ReadRow(query, aim: 1.5) });

    public override async Task PrepareAsync(Stage stage)
    {
        var (large, small) = await stage.StoresAsync();
        await P95Async(large, stage);
        await P95Async(small, stage);
    }

    public override async Task<double> MeasureAAsync(Stage stage) => await P95Async((await stage.StoresAsync()).Large, stage);

    public override async Task<double> MeasureBAsync(Stage stage) =>
        _againstTarget ? _query.TargetMilliseconds : await P95Async((await stage.StoresAsync()).Small, stage);

    private async Task<double> P95Async(Stores stores, Stage stage)
    {
        var random = new Random(1);
        var times = new double[stage.Options.Quick ? 100 : 500];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await _query.Ask(stores, random, stage.Stopped);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times.Percentile(0.95);
    }
}
