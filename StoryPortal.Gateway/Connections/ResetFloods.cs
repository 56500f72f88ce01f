using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Knows the addresses that flood us with HTTP/2 requests which they take back at once ("rapid reset"). The server ends such a connection, but to set up the next one
/// and to read it is what costs: whoever did so is let in again one connection at a time, with a pause before each, until none was a flood for a while.
/// </summary>
internal sealed class ResetFloods(ConnectionOptions options, GatewayMetrics metrics, TimeProvider time)
{
    // Addresses are kept only while they are held back; so many at once are no accident, and those that came first have paid most.
    private const int MostAddresses = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeldBackFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _pause = TimeSpan.FromSeconds(options.FloodPauseSeconds);
    private readonly ConcurrentDictionary<IPAddress, Turns> _heldBack = [];

    /// <summary>Lets a connection in when it is its turn, before anything is read of it.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection =>
    {
        if ((connection.RemoteEndPoint as IPEndPoint)?.Address is not { } address)
        {
            return next(connection);
        }

        connection.Features.Set(new TakenBack(address));
        return !_heldBack.IsEmpty && _heldBack.TryGetValue(address, out var turns) ? HoldBackAsync(connection, address, turns, next) : next(connection);
    };

    /// <summary>A request was taken back.</summary>
    public void Note(HttpContext context)
    {
        if (_pause > TimeSpan.Zero
            && context.Features.Get<TakenBack>() is { } taken
            && taken.Address.Equals(context.Connection.RemoteIpAddress) // else it is a known proxy's, whose other callers have done nothing
            && taken.IsFlood(time, options.StreamsPerConnection)
            && (_heldBack.Count < MostAddresses || _heldBack.ContainsKey(taken.Address)))
        {
            _heldBack.GetOrAdd(taken.Address, static _ => new Turns()).HoldBackUntil(time.GetUtcNow() + HeldBackFor);
        }
    }

    private async Task HoldBackAsync(ConnectionContext connection, IPAddress address, Turns turns, ConnectionDelegate next)
    {
        if (turns.Next(time.GetUtcNow(), _pause) is { } wait)
        {
            metrics.HeldBack();
            if (wait > LongestWait)
            {
                connection.Abort();
                return;
            }

            await Task.Delay(wait, time, connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connection.ConnectionClosed.IsCancellationRequested)
            {
                return;
            }
        }
        else
        {
            _heldBack.TryRemove(address, out _);
        }

        await next(connection);
    }

    /// <summary>What one connection took back lately.</summary>
    private sealed class TakenBack(IPAddress address)
    {
        private readonly Lock _gate = new();
        private long? _since;
        private int _count;

        public IPAddress Address => address;

        // When a connection breaks, all that it has open is taken back at once: that many are no flood.
        public bool IsFlood(TimeProvider time, int open)
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                if (_since is not { } since || time.GetElapsedTime(since, now) > Window)
                {
                    (_since, _count) = (now, 0);
                }

                return ++_count > open;
            }
        }
    }

    /// <summary>When the connections of an address have their turns.</summary>
    private sealed class Turns
    {
        private readonly Lock _gate = new();
        private DateTimeOffset _until;
        private DateTimeOffset _next;

        public void HoldBackUntil(DateTimeOffset until)
        {
            lock (_gate)
            {
                _until = until;
            }
        }

        /// <summary>How long the next connection has to wait; null when none has to any more.</summary>
        public TimeSpan? Next(DateTimeOffset now, TimeSpan pause)
        {
            lock (_gate)
            {
                if (now >= _until)
                {
                    return null;
                }

                _next = (_next > now ? _next : now) + pause;
                if (_next - now > LongestWait)
                {
                    _next = now + LongestWait; // who is turned away takes nobody's turn
                    return LongestWait + pause;
                }

                return _next - now;
            }
        }
    }
}
