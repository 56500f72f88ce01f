using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Scheduling;

namespace StoryPortal.Tests.Scheduling;

/// <summary>When a process counts as busy.</summary>
public sealed class BusyWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BusyWatch _watch;
    private long _requests;

    public BusyWatchTests() => _watch = new BusyWatch(1000, _time);

    [Fact]
    public void It_is_busy_from_its_rate_on()
    {
        Assert.False(IsBusyAfter(requests: 999));
        Assert.True(IsBusyAfter(requests: 1000));
    }

    [Fact]
    public void It_stays_busy_until_there_were_less_than_half_as_many_for_ten_seconds()
    {
        IsBusyAfter(requests: 1000);
        AssertStaysBusy(seconds: 9, requests: 499);
        Assert.True(IsBusyAfter(requests: 500));
        AssertStaysBusy(seconds: 9, requests: 499);
        Assert.False(IsBusyAfter(requests: 499));
        Assert.False(IsBusyAfter(requests: 500));
    }

    private void AssertStaysBusy(int seconds, int requests) =>
        Assert.All(Enumerable.Repeat(requests, seconds), inOne => Assert.True(IsBusyAfter(inOne)));

    private bool IsBusyAfter(int requests)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _watch.Look(_requests += requests);
        return _watch.IsBusy;
    }
}
