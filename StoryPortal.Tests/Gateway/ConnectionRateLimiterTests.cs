using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.Gateway.Connections;

namespace StoryPortal.Tests.Gateway;

/// <summary>The rate at which connections are accepted: a tenth of a second's connections at once, then one by one.</summary>
public sealed class ConnectionRateLimiterTests
{
    private static readonly int Burst = 5 * Environment.ProcessorCount;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1) / (10 * Burst);

    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionRateLimiter _limiter;

    public ConnectionRateLimiterTests() => _limiter = new ConnectionRateLimiter(
        Options.Create(new SocketTransportOptions()),
        Options.Create(new ConnectionRateLimiterOptions { NewPerSecondAndProcessor = 50 }),
        _time,
        NullLoggerFactory.Instance);

    [Fact]
    public void After_a_pause_a_tenth_of_a_second_s_connections_is_accepted_at_once_and_the_rest_one_by_one()
    {
        var connections = Accept(Burst + 3);
        Assert.All(connections[..Burst], connection => Assert.True(connection.IsCompleted));
        for (var waiting = Burst; waiting < connections.Length; waiting++)
        {
            Assert.False(connections[waiting].IsCompleted);
            _time.Advance(Turn + TimeSpan.FromTicks(1));
            Assert.True(connections[waiting].IsCompleted);
        }
    }

    [Fact]
    public void A_long_pause_accepts_no_more_at_once()
    {
        Accept(Burst);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Burst, Accept(2 * Burst).Count(connection => connection.IsCompleted));
    }

    [Fact]
    public async Task A_listener_that_stops_waits_no_longer()
    {
        Accept(Burst);
        using var stop = new CancellationTokenSource();
        var connection = _limiter.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connection);
    }

    private Task[] Accept(int connections) => [.. Enumerable.Range(0, connections).Select(_ => _limiter.WaitAsync(CancellationToken.None))];
}
