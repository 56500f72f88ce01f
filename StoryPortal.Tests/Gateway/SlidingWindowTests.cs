using System.Threading.RateLimiting;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.Gateway.RateLimiting;

namespace StoryPortal.Tests.Gateway;

/// <summary>What a caller may send within a minute.</summary>
public sealed class SlidingWindowTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_caller_has_its_limit_and_reads_what_remains()
    {
        var caller = new Caller(4);
        Assert.Equal([3, 2, 1, 0], Enumerable.Range(0, 4).Select(_ => caller.Send() ? caller.State.Remaining : -1));
        Assert.False(caller.Send());
        Assert.Equal((4, 0), (caller.State.Limit, caller.State.Remaining));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(29)]
    [InlineData(59)]
    public void After_RetryAfter_a_request_is_permitted_and_not_before(int start)
    {
        var caller = new Caller(4).At(start);
        caller.SendAll(4);
        var wait = caller.RetryAfter();
        Assert.False(caller.At(start + wait - 1).Send());
        Assert.True(caller.At(start + wait).Send());
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 55)]
    [InlineData(60, 15)]
    [InlineData(60, 59)]
    [InlineData(1, 30)]
    public void An_accepted_request_reads_the_wait_that_a_refused_one_reads_once_the_rest_is_used(int limit, int start)
    {
        var caller = new Caller(limit).At(start);
        for (var (round, second) = (0, start); round < 5; round++)
        {
            Assert.True(caller.Send());
            var state = caller.State;
            for (var rest = state.Remaining; rest > 0; rest--)
            {
                Assert.True(caller.Send());
                Assert.Equal(state.ResetSeconds, caller.State.ResetSeconds);
            }

            Assert.Equal(state.ResetSeconds, caller.RetryAfter());
            Assert.False(caller.At(second + state.ResetSeconds - 1).Send());
            caller.At(second += state.ResetSeconds);
        }
    }

    [Fact]
    public void The_next_minute_permits_no_second_burst()
    {
        var caller = new Caller(4).At(59);
        caller.SendAll(4);
        Assert.False(caller.At(61).Send());
        Assert.True(caller.At(60 + 15).Send()); // a quarter of the previous minute has left the window
        Assert.False(caller.Send());
    }

    [Fact]
    public void Requests_that_other_gateways_have_counted_count_here()
    {
        var caller = new Caller(4);
        caller.SendAll(1);
        var (minute, count) = caller.Window.TakePending();
        Assert.Equal(1, count);
        caller.Window.SetTotals(minute, count, total: 3, previous: 0);
        caller.Window.SetTotals(minute, count, total: 3, previous: 0); // received twice, counted once

        Assert.True(caller.Send());
        Assert.Equal(0, caller.State.Remaining);
        Assert.False(caller.Send());
    }

    [Fact]
    public void A_window_is_pending_once_until_its_count_is_taken()
    {
        var caller = new Caller(4);
        caller.SendAll(2);
        Assert.Equal(1, caller.Pending);
        Assert.Equal(2, caller.Window.TakePending().Count);
        caller.SendAll(1);
        Assert.Equal(2, caller.Pending);
    }

    [Fact]
    public void Asking_whether_a_permit_is_left_takes_none()
    {
        var caller = new Caller(1);
        Assert.True(caller.Window.AttemptAcquire(0).IsAcquired);
        Assert.True(caller.Send());
        Assert.False(caller.Window.AttemptAcquire(0).IsAcquired);
    }

    [Fact]
    public void Counts_of_other_gateways_that_redis_has_evicted_still_count()
    {
        var caller = new Caller(100);
        caller.SendAll(10);
        var (minute, count) = caller.Window.TakePending();
        caller.Window.SetTotals(minute, count, total: 60, previous: 0);
        Assert.Equal(40, caller.State.Remaining);

        caller.Window.SetTotals(minute, count, total: 10, previous: 0);
        Assert.Equal(40, caller.State.Remaining);
    }

    [Fact]
    public void A_window_is_idle_once_none_of_its_requests_can_count()
    {
        var caller = new Caller(4);
        caller.SendAll(1);
        Assert.Null(caller.At(120).Window.IdleDuration);
        Assert.NotNull(caller.At(181).Window.IdleDuration);
    }

    private sealed class Caller
    {
        private readonly FakeTimeProvider _time = new(Noon);

        public Caller(int limit) => Window = new SlidingWindow("key:test", limit, _time, onPending: _ => Pending++);

        public SlidingWindow Window { get; }

        public int Pending { get; private set; }

        public RateLimitState State => Window.GetState();

        public Caller At(int second)
        {
            _time.SetUtcNow(Noon.AddSeconds(second));
            return this;
        }

        public bool Send() => Window.AttemptAcquire().IsAcquired;

        public void SendAll(int requests) => Assert.All(Enumerable.Range(0, requests), _ => Assert.True(Send()));

        public int RetryAfter()
        {
            using var lease = Window.AttemptAcquire();
            Assert.False(lease.IsAcquired);
            Assert.True(lease.TryGetMetadata(MetadataName.RetryAfter, out var wait));
            return (int)wait.TotalSeconds;
        }
    }
}
