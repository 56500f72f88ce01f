using StoryPortal.Gateway.RateLimiting;

namespace StoryPortal.Tests.Gateway;

/// <summary>What a caller may do within a minute.</summary>
public sealed class RateWindowTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly RateWindow _window = new("key:test", 4);

    [Fact]
    public void A_caller_has_its_number_and_hears_what_is_left()
    {
        Assert.Equal([3, 2, 1, 0], Enumerable.Range(0, 4).Select(_ => Take(0).Remaining));
        Assert.False(Take(0).IsTaken);
    }

    [Fact]
    public void What_is_told_to_come_again_has_room_then_and_not_before()
    {
        foreach (var start in (int[])[0, 29, 59])
        {
            var window = new RateWindow("key:test", 4);
            for (var i = 0; i < 4; i++)
            {
                Assert.True(window.Take(Noon.AddSeconds(start), out _).IsTaken);
            }

            var wait = window.Take(Noon.AddSeconds(start), out _).ResetSeconds;
            Assert.False(window.Take(Noon.AddSeconds(start + wait - 1), out _).IsTaken);
            Assert.True(window.Take(Noon.AddSeconds(start + wait), out _).IsTaken);
        }
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 55)]
    [InlineData(60, 15)]
    [InlineData(60, 59)]
    [InlineData(1, 30)]
    public void An_accepted_request_is_told_the_wait_that_a_refused_one_hears_once_the_rest_is_used(int limit, int start)
    {
        var window = new RateWindow("key:test", limit);
        var now = Noon.AddSeconds(start);
        for (var round = 0; round < 5; round++)
        {
            var taken = window.Take(now, out _);
            Assert.True(taken.IsTaken);
            for (var rest = taken.Remaining; rest > 0; rest--)
            {
                Assert.Equal(taken.ResetSeconds, window.Take(now, out _).ResetSeconds);
            }

            var refused = window.Take(now, out _);
            Assert.Equal((false, taken.ResetSeconds), (refused.IsTaken, refused.ResetSeconds));
            Assert.False(window.Take(now.AddSeconds(taken.ResetSeconds - 1), out _).IsTaken);
            now = now.AddSeconds(taken.ResetSeconds);
        }
    }

    [Fact]
    public void The_turn_of_the_minute_gives_no_second_helping()
    {
        for (var i = 0; i < 4; i++)
        {
            Take(59);
        }

        Assert.False(Take(61).IsTaken);
        Assert.True(Take(60 + 15).IsTaken); // a quarter of the minute before has slid out
        Assert.False(Take(60 + 15).IsTaken);
    }

    [Fact]
    public void What_other_gateways_have_counted_is_counted_here()
    {
        Take(0);
        var (minute, count) = _window.Tell();
        Assert.Equal(1, count);
        _window.Shared(minute, count, total: 3, previous: 0);
        _window.Shared(minute, count, total: 3, previous: 0); // told twice, and counted once

        Assert.Equal(0, Take(0).Remaining);
        Assert.False(Take(0).IsTaken);
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        Take(0);
        _window.GiveBack();
        Assert.Equal(3, Take(0).Remaining);
    }

    private RateAnswer Take(int second) => _window.Take(Noon.AddSeconds(second), out _);
}
