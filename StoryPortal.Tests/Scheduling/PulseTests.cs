using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Scheduling;

namespace StoryPortal.Tests.Scheduling;

/// <summary>The one timer of all that a process looks at again and again.</summary>
public sealed class PulseTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly CountedTimers _time = new();
    private readonly Pulse _pulse;

    public PulseTests() => _pulse = new Pulse(_time);

    public void Dispose() => _pulse.Dispose();

    // Without the context that xunit gives its tests, as in a process: whoever waits goes on within the beat.
    [Fact]
    public Task Each_waits_for_its_own_beat_and_all_for_the_same_timer() => Task.Run(() =>
    {
        var (each, second, third) = (Beat(1), Beat(2), Beat(3));
        Assert.False(each.IsCompleted);

        _time.Advance(Second);
        Assert.Equal((true, false, false), (each.IsCompleted, second.IsCompleted, third.IsCompleted));

        _time.Advance(Second);
        Assert.Equal((true, false), (second.IsCompleted, third.IsCompleted));

        _time.Advance(Second);
        Assert.True(third.IsCompleted);
        Assert.Equal(1, _time.Made);
    });

    [Fact]
    public Task Whoever_is_late_waits_for_the_next_one() => Task.Run(() =>
    {
        _ = Beat(2);
        _time.Advance(3 * Second);

        var late = Beat(2);
        Assert.False(late.IsCompleted);
        _time.Advance(Second);
        Assert.True(late.IsCompleted);
    });

    [Fact]
    public Task A_wait_ends_with_its_token_and_leaves_the_others_waiting() => Task.Run(async () =>
    {
        using var ended = new CancellationTokenSource();
        var (one, other) = (_pulse.BeatAsync(1, ended.Token), Beat(1));

        await ended.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(other.IsCompleted);
        _time.Advance(Second);
        Assert.True(other.IsCompletedSuccessfully);
    });

    private Task Beat(int seconds) => _pulse.BeatAsync(seconds, CancellationToken.None);

    private sealed class CountedTimers : FakeTimeProvider
    {
        public int Made { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Made++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
