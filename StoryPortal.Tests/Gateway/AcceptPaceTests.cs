using Microsoft.Extensions.Time.Testing;
using StoryPortal.Gateway.Connections;

namespace StoryPortal.Tests.Gateway;

/// <summary>How fast connections are accepted: a hundred a second, ten at once.</summary>
public sealed class AcceptPaceTests
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly AcceptPace _pace;

    public AcceptPaceTests() => _pace = new AcceptPace(perSecond: 100, _time);

    [Fact]
    public void After_a_pause_a_tenth_of_a_second_s_connections_come_at_once_and_the_rest_one_by_one()
    {
        var turns = Take(13);
        Assert.All(turns[..10], turn => Assert.True(turn.IsCompleted));
        for (var waiting = 10; waiting < turns.Length; waiting++)
        {
            Assert.False(turns[waiting].IsCompleted);
            _time.Advance(Turn);
            Assert.True(turns[waiting].IsCompleted);
        }
    }

    [Fact]
    public void A_long_pause_earns_no_more_than_that()
    {
        Take(10);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(10, Take(20).Count(turn => turn.IsCompleted));
    }

    [Fact]
    public async Task Who_stops_waits_no_longer()
    {
        Take(10);
        using var stop = new CancellationTokenSource();
        var turn = _pace.TakeAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
    }

    private Task[] Take(int connections) => [.. Enumerable.Range(0, connections).Select(_ => _pace.TakeAsync(CancellationToken.None).AsTask())];
}
