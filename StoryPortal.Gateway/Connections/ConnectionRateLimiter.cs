using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// The socket transport with a limit on accepted connections per second, over all ports: a token bucket that holds a tenth of a second.
/// Kestrel has no such limit and accepts a flood at once; here the flood waits in the backlog of the socket (<see
/// cref="SocketTransportOptions.Backlog"/>).
/// </summary>
internal sealed class ConnectionRateLimiter(
    IOptions<SocketTransportOptions> sockets, IOptions<ConnectionRateLimiterOptions> options, TimeProvider time, ILoggerFactory logs)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _transport = new(sockets, logs);
    private readonly Lock _gate = new();
    private readonly double _perSecond = options.Value.NewPerSecondAndProcessor * Environment.ProcessorCount;
    private double _tokens = double.MaxValue;
    private long _replenishedAt = time.GetTimestamp();

    public bool CanBind(EndPoint endpoint) => _transport.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await _transport.BindAsync(endpoint, cancellationToken), this);

    /// <summary>Takes a token, and waits until the bucket has it.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) =>
        TakeToken() is var wait && wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;

    // The bucket may go below zero: each further caller waits for its own token.
    private TimeSpan TakeToken()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var replenished = _tokens + (time.GetElapsedTime(_replenishedAt, now).TotalSeconds * _perSecond);
            _tokens = Math.Min(Math.Max(1, _perSecond / 10), replenished) - 1;
            _replenishedAt = now;
            return TimeSpan.FromSeconds(Math.Max(0, -_tokens / _perSecond));
        }
    }

    private sealed class Listener(IConnectionListener sockets, ConnectionRateLimiter limiter) : IConnectionListener
    {
        public EndPoint EndPoint => sockets.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            await Task.Yield(); // work that waits for a thread of the pool precedes the next connection
            await limiter.WaitAsync(cancellationToken);
            return await sockets.AcceptAsync(cancellationToken);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => sockets.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => sockets.DisposeAsync();
    }
}
