using System.Net;
using System.Net.Sockets;

namespace StoryPortal.Tests.Running;

/// <summary>A way to a local server that takes its time in both directions, and counts how often somebody had to wait for an answer before going on.</summary>
internal sealed class SlowConnection : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _port;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;
    private int _roundTrips;

    public SlowConnection(int port, TimeSpan delay)
    {
        (_port, _delay) = (port, delay);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it is reached.</summary>
    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>How often something was sent after an answer, over all connections: what is sent without waiting counts once.</summary>
    public int RoundTrips => Volatile.Read(ref _roundTrips);

    /// <summary>Cuts every connection, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
        {
            return; // a test has cut it
        }

        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(IPAddress.Loopback, _port, _end.Token);
        var answered = 1;
        var there = CopyAsync(near.GetStream(), far.GetStream(), () =>
        {
            if (Interlocked.Exchange(ref answered, 0) == 1)
            {
                Interlocked.Increment(ref _roundTrips);
            }
        });
        var back = CopyAsync(far.GetStream(), near.GetStream(), () => Interlocked.Exchange(ref answered, 1));
        await Task.WhenAny(there, back);
    }

    // What comes while something waits to be sent on is sent on with it: a delay, and not a limit.
    private async Task CopyAsync(NetworkStream from, NetworkStream to, Action arrived)
    {
        var buffer = new byte[256 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, _end.Token) is > 0 and var length)
            {
                arrived();
                await Task.Delay(_delay, _end.Token);
                await to.WriteAsync(buffer.AsMemory(0, length), _end.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
        }
    }
}
