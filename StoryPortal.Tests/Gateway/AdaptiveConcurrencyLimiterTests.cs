using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Load;

namespace StoryPortal.Tests.Gateway;

/// <summary>How much is taken on at once.</summary>
public sealed class AdaptiveConcurrencyLimiterTests
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(400);

    private readonly ManualTime _time = new();
    private readonly AdaptiveConcurrencyLimiter _limit;

    public AdaptiveConcurrencyLimiterTests() => _limit = new AdaptiveConcurrencyLimiter(
        Options.Create(new LoadOptions { MaxConcurrentRequests = 100, MinConcurrentRequests = 40, MaxConcurrentStreams = 2 }), _time);

    [Fact]
    public void No_more_requests_are_taken_on_than_the_limit()
    {
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(_limit.TryAcquire()));
        Assert.False(_limit.TryAcquire());
        _limit.Release(Fast);
        Assert.True(_limit.TryAcquire());
    }

    [Fact]
    public void While_answers_are_slow_fewer_are_taken_on_and_afterwards_all_again()
    {
        for (var i = 0; i < 20; i++)
        {
            Serve(_limit.Limit, Slow);
        }

        Assert.Equal(40, _limit.Limit);

        for (var i = 0; i < 20; i++)
        {
            Serve(_limit.Limit, Fast);
        }

        Assert.Equal(100, _limit.Limit);
    }

    [Fact]
    public void A_few_slow_answers_are_no_overload()
    {
        for (var i = 0; i < 20; i++)
        {
            Serve(30, Slow);
        }

        Assert.Equal(100, _limit.Limit);
    }

    [Fact]
    public void Answers_that_are_slow_however_few_are_asked_for_are_no_overload()
    {
        Serve(20, Slow / 2);
        for (var i = 0; i < 20; i++)
        {
            Serve(100, Slow / 2);
        }

        Assert.Equal(100, _limit.Limit);
        Serve(100, 2 * Slow);
        Assert.Equal(50, _limit.Limit);
    }

    [Fact]
    public void Slow_answers_to_those_who_are_inside_are_no_calm_while_nobody_else_gets_in()
    {
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(_limit.TryAcquire()));
        LeaveSlowly(20);
        Assert.Equal(50, _limit.Limit);
        Assert.False(_limit.TryAcquire());
        LeaveSlowly(20);
        Assert.Equal(40, _limit.Limit);

        void LeaveSlowly(int count)
        {
            for (var i = 0; i < count; i++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(20));
                _limit.Release(Slow);
            }
        }
    }

    [Fact]
    public void Hubs_that_answer_rarely_are_overloaded_all_the_same()
    {
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(_limit.TryAcquire()));
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50)); // twenty a second
            _limit.Release(Slow);
        }

        Assert.Equal(50, _limit.Limit);
    }

    [Fact]
    public void The_limit_falls_below_what_is_in_use_long_before_it_is_reached()
    {
        var limit = new AdaptiveConcurrencyLimiter(Options.Create(new LoadOptions()), _time);
        Serve(limit, 200, Slow);
        Assert.Equal(100, limit.Limit);
        Serve(limit, 100, Slow);
        Assert.Equal(50, limit.Limit);
    }

    [Fact]
    public void A_limit_that_fell_recovers_within_ten_seconds_also_while_nothing_ends()
    {
        for (var i = 0; i < 20; i++)
        {
            Serve(_limit.Limit, Slow);
        }

        Assert.All(Enumerable.Range(0, 40), _ => Assert.True(_limit.TryAcquire()));
        Assert.False(_limit.TryAcquire());
        for (var second = 0; second < 10; second += 2)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            Assert.True(_limit.TryAcquire());
        }

        Assert.Equal(100, _limit.Limit);
    }

    [Fact]
    public void A_limit_that_fell_recovers_within_ten_seconds_also_for_few_callers()
    {
        var limit = new AdaptiveConcurrencyLimiter(Options.Create(new LoadOptions()), _time);
        for (var i = 0; i < 5; i++)
        {
            Serve(limit, limit.Limit, Slow);
        }

        Assert.Equal(50, limit.Limit);
        for (var i = 0; i < 10; i++)
        {
            Serve(limit, 1, Fast);
        }

        Assert.Equal(1000, limit.Limit);
    }

    [Fact]
    public void The_limit_does_not_grow_while_requests_wait_for_hubs_that_do_not_respond()
    {
        var limit = new AdaptiveConcurrencyLimiter(Options.Create(new LoadOptions()), _time);
        for (var i = 0; i < 5; i++)
        {
            Serve(limit, limit.Limit, Slow);
        }

        Assert.Equal(50, limit.Limit);
        limit.BeginMeasure();
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(50, limit.Limit);
        }

        limit.EndMeasure();
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            _ = limit.Limit;
        }

        Assert.Equal(1000, limit.Limit);
    }

    [Fact]
    public void Streams_are_counted_apart()
    {
        Assert.True(_limit.TryAcquireStream());
        Assert.True(_limit.TryAcquireStream());
        Assert.False(_limit.TryAcquireStream());
        Assert.True(_limit.TryAcquire());
        _limit.ReleaseStream();
        Assert.True(_limit.TryAcquireStream());
    }

    // So many at once, until the next measure is taken.
    private void Serve(int count, TimeSpan latency) => Serve(_limit, count, latency);

    private void Serve(AdaptiveConcurrencyLimiter limit, int count, TimeSpan latency)
    {
        Assert.All(Enumerable.Range(0, count), _ => Assert.True(limit.TryAcquire()));
        for (var i = 0; i < count; i++)
        {
            _time.Advance(i == count - 1 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
            limit.Release(latency);
        }
    }
}
