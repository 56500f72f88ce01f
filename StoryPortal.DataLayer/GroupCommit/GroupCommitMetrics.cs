using System.Diagnostics.Metrics;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.GroupCommit;

/// <summary>How many rows share a commit.</summary>
public sealed class GroupCommitMetrics(IMeterFactory meters)
{
    private readonly Histogram<int> _batchSize = meters.Create(TelemetryNames.Prefix + "DataLayer").CreateHistogram(
        "ingest_batch_size", unit: "{row}", "Rows that shared one commit.", tags: null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000] });

    /// <summary>A commit of <paramref name="rows"/> rows of the queue <paramref name="name"/>.</summary>
    public void Written(string name, int rows) => _batchSize.Record(rows, new KeyValuePair<string, object?>("queue", name));
}
