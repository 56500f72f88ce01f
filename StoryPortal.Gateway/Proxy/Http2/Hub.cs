using System.Net.Sockets;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>The connections to one hub: a few, so that no reader of frames is the limit. Nobody waits for one to be made: until then it takes nothing.</summary>
internal sealed class Hub(Uri address, HubPatience patience, TimeProvider time)
{
    private const int MostConnections = 8;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Slot[] _slots = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount / 2, 1, MostConnections)).Select(_ => new Slot())];
    private volatile bool _isRetired;

    /// <summary>Its name in requests.</summary>
    public string Authority { get; } = address.Authority;

    /// <summary>Its connections that are open.</summary>
    public int Connections => _slots.Count(slot => slot.Connection is { IsClosed: false });

    /// <summary>Sends a request without a body.</summary>
    /// <returns>Null: no connection takes it now.</returns>
    public HubCall? TrySend(ReadOnlySpan<byte> headers, TimeSpan timeout)
    {
        var first = Thread.GetCurrentProcessorId();
        for (var i = 0; i < _slots.Length; i++)
        {
            var slot = _slots[(int)((uint)(first + i) % (uint)_slots.Length)];
            if (slot.Connection is not { IsClosed: false } connection)
            {
                Connect(slot);
            }
            else if (connection.TrySend(headers, timeout) is { } call)
            {
                return call;
            }
        }

        return null;
    }

    /// <summary>Takes no more requests: each connection ends with the last that is open on it.</summary>
    public void Retire()
    {
        lock (_slots)
        {
            _isRetired = true;
            foreach (var slot in _slots)
            {
                slot.Connection?.Retire();
            }
        }
    }

    private void Connect(Slot slot)
    {
        if (_isRetired || Interlocked.Exchange(ref slot.IsConnecting, true))
        {
            return;
        }

        if (slot.Tried != 0 && time.GetElapsedTime(slot.Tried) < Again)
        {
            slot.IsConnecting = false;
            return;
        }

        slot.Tried = time.GetTimestamp();
        _ = ConnectAsync(slot);
    }

    private async Task ConnectAsync(Slot slot)
    {
        using var deadline = new CancellationTokenSource(patience.Connect, time);
        try
        {
            var connection = await HubConnection.ConnectAsync(address.Host, address.Port, patience, time, deadline.Token);
            lock (_slots)
            {
                slot.Connection = connection;
                if (_isRetired)
                {
                    connection.Retire();
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            slot.Connection = null; // YARP's client says why
        }
        finally
        {
            Volatile.Write(ref slot.IsConnecting, false);
        }
    }

    private sealed class Slot
    {
        public volatile HubConnection? Connection;
        public bool IsConnecting;
        public long Tried;
    }
}
