using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Memory;

/// <summary>Memory of large bodies is used again while they come, and given back when they do not.</summary>
public sealed class LargeArraysTests
{
    private const int Large = 1024 * 1024;

    private readonly StoppedTime _time = new();
    private readonly LargeArrays _arrays;

    public LargeArraysTests() => _arrays = new LargeArrays(_time);

    [Fact]
    public void An_array_is_used_again_until_none_was_needed_for_a_while()
    {
        var first = _arrays.Pool.Rent(Large);
        _arrays.Pool.Return(first);
        Assert.Same(first, _arrays.Pool.Rent(Large));
        _arrays.Pool.Return(first);

        _time.Ring();
        Assert.NotSame(first, _arrays.Pool.Rent(Large));
    }

    [Fact]
    public void An_array_that_was_rented_before_that_is_let_go()
    {
        var first = _arrays.Pool.Rent(Large);
        _time.Ring();
        _arrays.Pool.Return(first);
        Assert.NotSame(first, _arrays.Pool.Rent(Large));
    }

    [Fact]
    public void The_time_begins_anew_with_each_use()
    {
        _arrays.Pool.Return(_arrays.Pool.Rent(Large));
        Assert.Equal(2, _time.Set);
    }

    private sealed class StoppedTime : TimeProvider
    {
        private TimerCallback? _callback;
        private object? _state;

        public int Set { get; private set; }

        public void Ring() => _callback!(_state);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return new Clock(this);
        }

        private sealed class Clock(StoppedTime time) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time.Set++;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
