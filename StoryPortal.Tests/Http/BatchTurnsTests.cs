using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>The order in which callers get turns.</summary>
public sealed class BatchTurnsTests
{
    private readonly BatchTurns _turns = new(2);

    [Fact]
    public async Task A_turn_goes_to_the_caller_that_has_the_fewest_then_to_the_first()
    {
        await WaitAsync("many");
        await WaitAsync("many");
        var (third, fourth) = (WaitAsync("many"), WaitAsync("many"));
        var other = WaitAsync("other");
        Assert.False(third.IsCompleted || other.IsCompleted);

        _turns.Release("many");
        Assert.True(await other);
        _turns.Release("many");
        Assert.True(await third);
        Assert.False(fourth.IsCompleted);
        _turns.Release("other");
        Assert.True(await fourth);
    }

    [Fact]
    public async Task A_turn_that_does_not_come_in_time_is_not_lost_when_it_comes()
    {
        await WaitAsync("a");
        await WaitAsync("a");
        Assert.False(await _turns.WaitAsync("b", TimeSpan.FromMilliseconds(1), CancellationToken.None));
        using var leaves = new CancellationTokenSource();
        var left = _turns.WaitAsync("c", Timeout.InfiniteTimeSpan, leaves.Token);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        _turns.Release("a");
        _turns.Release("a");
        Assert.True(WaitAsync("d").IsCompletedSuccessfully);
        Assert.True(WaitAsync("d").IsCompletedSuccessfully);
        Assert.False(WaitAsync("d").IsCompleted);
    }

    private Task<bool> WaitAsync(string caller) => _turns.WaitAsync(caller, Timeout.InfiniteTimeSpan, CancellationToken.None);
}
