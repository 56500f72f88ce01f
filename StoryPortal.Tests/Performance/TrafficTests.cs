using Microsoft.Extensions.Time.Testing;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>The traffic of every ten seconds in the scorecard.</summary>
public sealed class TrafficTests
{
    private static readonly DateTimeOffset Minute = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);
    private static readonly string[] Classes = [MetricNames.List, MetricNames.Write];

    private readonly FakeTimeProvider _time = new(Minute.AddSeconds(3));

    [Fact]
    public void Requests_of_the_same_ten_seconds_are_added_up_whenever_their_processes_started()
    {
        var early = new MetricAggregator(_time);
        _time.Advance(TimeSpan.FromSeconds(5));
        var late = new MetricAggregator(_time);
        Record(early, MetricNames.List, 30, 10);
        Record(late, MetricNames.Write, 20, 1000);
        _time.Advance(TimeSpan.FromSeconds(3));
        late.ReadSlices(Classes); // every process publishes every two seconds
        Record(late, MetricNames.List, 10, 1);

        Assert.Empty(Traffic(early, late)); // not every process may have published the slice
        _time.Advance(TimeSpan.FromSeconds(2));
        var slice = Assert.Single(Traffic(early, late));
        Assert.Equal((Minute, 5.0), (slice.At, slice.RequestsPerSecond));
        Assert.InRange(slice.P50Ms!.Value, 10, 10.4);
        Assert.InRange(slice.P95Ms!.Value, 1000, 1033);
    }

    [Fact]
    public void Where_nobody_asked_there_are_no_times_and_what_is_older_than_the_window_is_gone()
    {
        var metrics = new MetricAggregator(_time);
        Record(metrics, MetricNames.List, 1, 10);
        for (var i = 0; i < 80; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            metrics.ReadSlices(Classes);
        }

        var traffic = Traffic(metrics);
        Assert.Equal(MetricAggregator.WindowSeconds / MetricAggregator.SliceSeconds, traffic.Count);
        Assert.All(traffic, slice => Assert.Equal((0.0, null, null), (slice.RequestsPerSecond, slice.P50Ms, slice.P95Ms)));
        Assert.Equal(traffic.Select(slice => slice.At).Order(), traffic.Select(slice => slice.At));
    }

    private IReadOnlyList<TrafficSlice> Traffic(params MetricAggregator[] processes) =>
        new MetricSnapshots([.. processes.Select(metrics => RowTests.Snapshot(_ => { }) with { Traffic = metrics.ReadSlices(Classes) })]).Traffic(_time.GetUtcNow());

    private static void Record(MetricAggregator metrics, string name, int times, int milliseconds)
    {
        for (var i = 0; i < times; i++)
        {
            metrics.Record(name, TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}
