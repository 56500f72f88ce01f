using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Scheduling;

namespace StoryPortal.Tests.Scheduling;

/// <summary>When a process counts as busy.</summary>
public sealed class BusyWatchTests
{
    private const int Processors = 4;

    private readonly FakeTimeProvider _time = new();
    private readonly BusyWatch _watch;
    private TimeSpan _used;

    public BusyWatchTests() => _watch = new BusyWatch(0.25, Processors, _time);

    [Fact]
    public void It_is_busy_from_its_share_of_all_processors_on()
    {
        Assert.False(IsBusyAfter(processorsUsed: 0.9));
        Assert.True(IsBusyAfter(processorsUsed: 1));
    }

    [Fact]
    public void It_stays_busy_until_it_has_used_less_than_half_of_that_for_ten_seconds()
    {
        IsBusyAfter(processorsUsed: 1);
        AssertStaysBusy(seconds: 9, processorsUsed: 0.4);
        Assert.True(IsBusyAfter(processorsUsed: 0.5));
        AssertStaysBusy(seconds: 9, processorsUsed: 0.4);
        Assert.False(IsBusyAfter(processorsUsed: 0.4));
        Assert.False(IsBusyAfter(processorsUsed: 0.5));
    }

    private void AssertStaysBusy(int seconds, double processorsUsed) =>
        Assert.All(Enumerable.Repeat(processorsUsed, seconds), used => Assert.True(IsBusyAfter(used)));

    private bool IsBusyAfter(double processorsUsed)
    {
        var passed = TimeSpan.FromSeconds(1);
        _time.Advance(passed);
        _used += processorsUsed * passed;
        _watch.Look(_used);
        return _watch.IsBusy;
    }
}
