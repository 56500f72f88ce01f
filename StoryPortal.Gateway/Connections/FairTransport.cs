using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace StoryPortal.Gateway.Connections;

/// <summary>
/// Accepts each connection only after all that waited for a thread before it. The server would take on whatever has come at once, and make those it
/// serves already wait behind thousands of newcomers; so a flood waits in the system's own queue (<see cref="ConnectionOptions.Backlog"/>), where it costs nothing,
/// and gets a part of the processors only (<see cref="ConnectionOptions.NewPerSecondAndProcessor"/>).
/// </summary>
internal sealed class FairTransport(IOptions<SocketTransportOptions> options, ConnectionOptions connections, TimeProvider time, ILoggerFactory logs)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(options, logs);
    private readonly AcceptPace _pace = new(connections.NewPerSecondAndProcessor * Environment.ProcessorCount, time);

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await _sockets.BindAsync(endpoint, cancellationToken), _pace);

    private sealed class Listener(IConnectionListener sockets, AcceptPace pace) : IConnectionListener
    {
        public EndPoint EndPoint => sockets.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            await Task.Yield(); // to the end of the pool's queue
            await pace.TakeAsync(cancellationToken);
            return await sockets.AcceptAsync(cancellationToken);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => sockets.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => sockets.DisposeAsync();
    }
}
