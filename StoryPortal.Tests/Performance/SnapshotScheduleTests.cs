using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>How often a process tells of itself: looks every two seconds, slices of ten.</summary>
public sealed class SnapshotScheduleTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 1, TimeSpan.Zero));
    private readonly SnapshotSchedule _schedule;

    public SnapshotScheduleTests() => _schedule = new SnapshotSchedule(Interval, _time);

    [Fact]
    public void Whoever_is_asked_for_something_tells_at_every_look() => Assert.Equal("TTTTTT", Looks(1, 2, 3, 4, 5, 6));

    [Fact]
    public void Whoever_is_asked_for_nothing_tells_at_every_third_look() => Assert.Equal("T..T..T..T", Looks(0, 0, 0, 0, 0, 0, 0, 0, 0, 0));

    [Fact]
    public void The_first_request_after_a_rest_is_told_at_once_and_its_slice_again_when_it_is_over() =>
        Assert.Equal("T..T.T..T.T", Looks(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1)); // the looks are at 1, 3, … 21 seconds; the slice of the request ends at 20

    [Fact]
    public void What_could_not_be_told_is_tried_again_with_the_next_look()
    {
        Assert.Equal("T..", Looks(0, 0, 0));
        Assert.True(_schedule.IsDue(0));
        _time.Advance(Interval);
        Assert.True(_schedule.IsDue(0));
    }

    // A letter for each look: T where it was told.
    private string Looks(params int[] requests) => string.Concat(requests.Select(known =>
    {
        var isDue = _schedule.IsDue(known);
        if (isDue)
        {
            _schedule.Published();
        }

        _time.Advance(Interval);
        return isDue ? 'T' : '.';
    }));
}
