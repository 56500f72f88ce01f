using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace StoryPortal.Tests.Running;

/// <summary>A way to a local server on which a test has power: answers can be slow, and break off in the middle. Where nobody listens at its end, nobody listens at its beginning.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly Func<int> _target;
    private readonly Task _accepting;
    private TcpListener _listener;
    private int _roundTrips;
    private long _delay;

    /// <summary>A way to whatever port <paramref name="target"/> names when somebody comes.</summary>
    public TcpProxy(Func<int> target)
    {
        _target = target;
        Port = ReservedPorts.Take(1)[0];
        _listener = Listen(Port);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it is reached.</summary>
    public int Port { get; }

    /// <summary>How much later each answer comes.</summary>
    public TimeSpan Delay
    {
        get => new(Volatile.Read(ref _delay));
        set => Volatile.Write(ref _delay, value.Ticks);
    }

    /// <summary>Whether the next answer of each connection breaks off in its middle, and the connection with it.</summary>
    public volatile bool CutsAnswers;

    /// <summary>How often something was sent after an answer, over all connections: what is sent without waiting counts once.</summary>
    public int RoundTrips => Volatile.Read(ref _roundTrips);

    /// <summary>How it is reached, as host and port.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Cuts every connection, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
        {
            return; // a test has cut it
        }

        await _end.CancelAsync();
        await _accepting;
        _listener.Stop(); // a listener that is stopped while it accepts fails in odd ways
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_end.Token);
                if (await ConnectAsync() is { } far)
                {
                    connections.RemoveAll(connection => connection.IsCompleted);
                    connections.Add(ServeAsync(near, far));
                    continue;
                }

                Break(near);
                _listener.Stop();
                await AnswersAsync();
                _listener = Listen(Port);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
        }

        await Task.WhenAll(connections);
    }

    private async Task AnswersAsync()
    {
        while (true)
        {
            using var far = await ConnectAsync();
            if (far is not null)
            {
                return;
            }

            await Task.Delay(Interval, _end.Token);
        }
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        var far = new TcpClient { NoDelay = true };
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target(), _end.Token);
            return far;
        }
        catch (SocketException)
        {
            far.Dispose();
            return null;
        }
    }

    private async Task ServeAsync(TcpClient near, TcpClient far)
    {
        near.NoDelay = true;
        var waits = new StrongBox(); // for an answer: whoever sends then has not waited
        var there = AskAsync(near.GetStream(), far.GetStream(), waits);
        var back = AnswerAsync(far.GetStream(), near.GetStream(), waits);
        if (await Task.WhenAny(there, back) == back && await back)
        {
            near.Close(); // after what was sent: an end in order loses nobody's answer
        }

        Break(near);
        Break(far);
        await Task.WhenAll(there, back);
    }

    private async Task AskAsync(NetworkStream from, NetworkStream to, StrongBox waits)
    {
        var buffer = new byte[256 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, _end.Token) is > 0 and var length)
            {
                if (Interlocked.Exchange(ref waits.Value, 1) == 0)
                {
                    Interlocked.Increment(ref _roundTrips);
                }

                await to.WriteAsync(buffer.AsMemory(0, length), _end.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
        }
    }

    // Each piece is late by the delay, and not by those before it as well. True when the other side ended in order.
    private async Task<bool> AnswerAsync(NetworkStream from, NetworkStream to, StrongBox waits)
    {
        var late = Channel.CreateBounded<(byte[] Bytes, long Due)>(256);
        var writing = WriteAsync();
        var buffer = new byte[256 * 1024];
        var inOrder = false;
        try
        {
            while (await from.ReadAsync(buffer, _end.Token) is > 0 and var length)
            {
                await late.Writer.WriteAsync((buffer[..length], Environment.TickCount64 + (long)Delay.TotalMilliseconds), _end.Token);
            }

            inOrder = true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException or ChannelClosedException)
        {
        }

        late.Writer.TryComplete();
        await writing;
        return inOrder;

        async Task WriteAsync()
        {
            try
            {
                await foreach (var (bytes, due) in late.Reader.ReadAllAsync(_end.Token))
                {
                    if (due - Environment.TickCount64 is > 0 and var wait)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(wait), _end.Token);
                    }

                    var isCut = CutsAnswers;
                    Volatile.Write(ref waits.Value, 0);
                    await to.WriteAsync(bytes.AsMemory(0, isCut ? bytes.Length / 2 : bytes.Length), _end.Token);
                    if (isCut)
                    {
                        break;
                    }
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
            {
            }

            late.Writer.TryComplete();
            from.Close(); // whoever reads there hears of it
        }
    }

    // As a process that is killed, or a cable that is pulled and put back, ends a connection.
    private static void Break(TcpClient client)
    {
        try
        {
            client.Client?.LingerState = new LingerOption(true, 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is broken already.
        }

        client.Dispose();
    }

    private sealed class StrongBox
    {
        public int Value;
    }
}
