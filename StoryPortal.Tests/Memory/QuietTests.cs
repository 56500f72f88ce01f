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
    public void It_is_due_again_when_twice_of_what_was_kept_is_held()
    {
        _quiet.Returned(100 * MiB);
        for (var i = 0; i < 100; i++)
        {
            Assert.False(IsDue(allocating: MiB, committed: 199 * MiB));
        }

        Assert.True(IsDue(allocating: MiB, committed: 200 * MiB));
        _quiet.Returned(100 * MiB);
        Assert.False(IsDue(allocating: MiB, committed: 200 * MiB)); // it has to be quiet once more
    }

    private bool IsDue(long allocating, long committed)
    {
        _time.Advance(TimeSpan.FromSeconds(5));
        return _quiet.IsDue(_allocated += allocating, committed);
    }
}
