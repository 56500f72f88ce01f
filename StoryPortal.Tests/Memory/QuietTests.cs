using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Memory;

namespace StoryPortal.Tests.Memory;

/// <summary>When memory is given back.</summary>
public sealed class QuietTests
{
    private const long MiB = 1 << 20;

    private readonly FakeTimeProvider _time = new();
    private readonly Quiet _quiet;
    private long _allocated;

    public QuietTests() => _quiet = new Quiet(TimeSpan.FromSeconds(20), _time);

    [Fact]
    public void After_a_peak_it_is_due_as_soon_as_it_has_been_quiet_for_long_enough()
    {
        Assert.False(IsDue(allocating: 500 * MiB, committed: 300 * MiB));
        Assert.False(IsDue(allocating: MiB, committed: 300 * MiB));
        Assert.False(IsDue(allocating: MiB, committed: 300 * MiB));
        Assert.False(IsDue(allocating: MiB, committed: 300 * MiB));
        Assert.True(IsDue(allocating: MiB, committed: 300 * MiB));
    }

    [Fact]
    public void Who_is_asked_all_the_time_is_left_alone()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.False(IsDue(allocating: 11 * MiB, committed: 300 * MiB));
        }
    }

    [Fact]
    public void What_little_there_is_stays()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.False(IsDue(allocating: 0, committed: 63 * MiB));
        }
    }

    [Fact]
    public void What_was_in_use_then_is_tried_again_each_time_after_twice_as_long_and_at_least_once_an_hour()
    {
        Assert.Equal([20, 40, 80, 160], Enumerable.Range(0, 4).Select(_ => SecondsUntilDue()));
        for (var i = 0; i < 10; i++)
        {
            SecondsUntilDue();
        }

        Assert.Equal(3600, SecondsUntilDue());
    }

    [Fact]
    public void After_the_next_peak_it_is_due_as_soon_as_after_the_first()
    {
        SecondsUntilDue();
        SecondsUntilDue();
        Assert.False(IsDue(allocating: 500 * MiB, committed: 300 * MiB));
        Assert.Equal(20, SecondsUntilDue());
    }

    private int SecondsUntilDue()
    {
        var seconds = 5;
        while (!IsDue(allocating: MiB, committed: 200 * MiB))
        {
            seconds += 5;
        }

        _quiet.Returned();
        return seconds;
    }

    private bool IsDue(long allocating, long committed)
    {
        _time.Advance(TimeSpan.FromSeconds(5));
        return _quiet.IsDue(_allocated += allocating, committed);
    }
}
