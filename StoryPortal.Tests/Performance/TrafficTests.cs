using Microsoft.Extensions.Time.Testing;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>What the scorecard tells of every ten seconds.</summary>
public sealed class TrafficTests
{
    private static readonly DateTimeOffset Minute = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);
    private static readonly string[] Classes = [Measured.List, Measured.Write];

    private readonly FakeTimeProvider _time = new(Minute.AddSeconds(3));

    [Fact]
    public void Requests_of_the_same_ten_seconds_are_added_up_whenever_their_processes_started()
    {
        var early = new Recorder(_time);
        _time.Advance(TimeSpan.FromSeconds(5));
        var late = new Recorder(_time);
        Record(early, Measured.List, 30, 10);
        Record(late, Measured.Write, 20, 1000);
        _time.Advance(TimeSpan.FromSeconds(3));
        late.Slices(Classes); // as every process does, every two seconds
        Record(late, Measured.List, 10, 1);

        Assert.Empty(Traffic(early, late)); // not all may have told of it yet
        _time.Advance(TimeSpan.FromSeconds(2));
        var slice = Assert.Single(Traffic(early, late));
        Assert.Equal((Minute, 5.0), (slice.At, slice.RequestsPerSecond));
        Assert.InRange(slice.P50Ms!.Value, 10, 10.4);
        Assert.InRange(slice.P95Ms!.Value, 1000, 1033);
    }

    [Fact]
    public void Where_nobody_asked_there_are_no_times_and_what_is_older_than_the_window_is_gone()
    {
        var recorder = new Recorder(_time);
        Record(recorder, Measured.List, 1, 10);
        for (var i = 0; i < 80; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            recorder.Slices(Classes);
        }

        var traffic = Traffic(recorder);
        Assert.Equal(Recorder.WindowSeconds / Recorder.SliceSeconds, traffic.Count);
        Assert.All(traffic, slice => Assert.Equal((0.0, null, null), (slice.RequestsPerSecond, slice.P50Ms, slice.P95Ms)));
        Assert.Equal(traffic.Select(slice => slice.At).Order(), traffic.Select(slice => slice.At));
    }

    private IReadOnlyList<TrafficSlice> Traffic(params Recorder[] recorders) =>
        new Readings([.. recorders.Select(recorder => RowTests.Snapshot(_ => { }) with { Traffic = recorder.Slices(Classes) })]).Traffic(_time.GetUtcNow());

    private static void Record(Recorder recorder, string name, int times, int milliseconds)
    {
        for (var i = 0; i < times; i++)
        {
            recorder.TimesOf(name).Add(TimeSpan.FromMilliseconds(milliseconds));
        }
    }
}
