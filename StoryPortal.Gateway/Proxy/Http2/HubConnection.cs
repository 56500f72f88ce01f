using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>
/// A connection to a hub over which many requests without bodies go at the same time: HTTP/2 in clear text (RFC 9113), reduced to what they need. Requests
/// that come together leave together, in one system call; so do their answers.
/// </summary>
internal sealed class HubConnection : IThreadPoolWorkItem
{
    private const int StreamWindow = 128 * 1024;
    private const int ConnectionWindow = 64 * 1024 * 1024; // more than the windows of all calls together
    private const int FirstWindow = 65_535;
    private const int ReadBytes = 64 * 1024;
    private const int Cancelled = 8; // RFC 9113, section 7
    private const int Refused = 7;
    private const int PingBytes = 8;
    private const int UsualCalls = 100; // as many as servers allow as long as they have not said otherwise
    private const int MostCalls = 256;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    private readonly Socket _socket;
    private readonly HubPatience _patience;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, HubCall> _calls = [];
    private readonly List<HubCall> _toTell = [];
    private readonly FrameReader _frames = new();
    private ArrayBufferWriter<byte> _pending = new(4096);
    private ArrayBufferWriter<byte> _sending = new(4096);
    private bool _isSending;
    private bool _isBeating;
    private bool _isClosed;
    private int _nextStream = 1;
    private int _mostCalls = UsualCalls;
    private int _unreturned;
    private long _heard;
    private long _pinged;

    private HubConnection(Socket socket, HubPatience patience, TimeProvider time)
    {
        (_socket, _patience, _time, _heard) = (socket, patience, time, time.GetTimestamp());
        _timer = time.CreateTimer(static connection => ((HubConnection)connection!).OnBeat(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Whether it takes no more requests.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Connects.</summary>
    /// <param name="host">The hub's host.</param>
    /// <param name="port">Its port.</param>
    /// <param name="patience">How long it may be silent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<HubConnection> ConnectAsync(string host, int port, HubPatience patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new HubConnection(socket, patience, time);
        connection.Greet();
        _ = connection.ReadAsync();
        return connection;
    }

    /// <summary>Sends a request without a body.</summary>
    /// <returns>Null: the connection takes no more.</returns>
    public HubCall? TrySend(ReadOnlySpan<byte> headers, TimeSpan patience)
    {
        var call = new HubCall(this, patience) { Heard = _time.GetTimestamp() };
        lock (_gate)
        {
            if (_isClosed || _calls.Count >= _mostCalls)
            {
                return null;
            }

            call.Id = _nextStream;
            _nextStream = unchecked(_nextStream + 2);
            _isClosed = _nextStream < 0; // that was the last number: the next request needs another connection
            _calls.Add(call.Id, call);
            Write(new Frame(headers.Length, FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, call.Id), headers);
            if (!_isBeating)
            {
                _isBeating = true;
                _timer.Change(Beat, Timeout.InfiniteTimeSpan);
            }
        }

        return call;
    }

    /// <summary>There is room for as many bytes more of an answer: those before have gone on to its caller.</summary>
    public void Return(HubCall call, int bytes)
    {
        lock (_gate)
        {
            if (_calls.ContainsKey(call.Id))
            {
                WriteNumber(FrameType.WindowUpdate, call.Id, bytes);
            }
        }
    }

    /// <summary>Gives a call up, and tells the hub.</summary>
    public void Cancel(HubCall call, CallEnd end)
    {
        lock (_gate)
        {
            if (!_calls.Remove(call.Id))
            {
                return;
            }

            WriteNumber(FrameType.Reset, call.Id, Cancelled);
        }

        call.Complete(end);
        call.Tell();
        CloseIfOver();
    }

    /// <summary>Takes no more requests, and ends with the last that is open on it.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        CloseIfOver();
    }

    /// <summary>Ends it; what is open on it ends as broken.</summary>
    public void Close()
    {
        List<HubCall> left;
        lock (_gate)
        {
            _isClosed = true;
            left = [.. _calls.Values];
            _calls.Clear();
            _timer.Dispose();
        }

        _socket.Dispose();
        foreach (var call in left)
        {
            call.Complete(CallEnd.Broken);
            call.Tell();
        }
    }

    /// <summary>Sends what waits.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private void Greet()
    {
        lock (_gate)
        {
            _pending.Write(Preface);
            Span<byte> settings = stackalloc byte[18];
            Setting(settings, 1, 0); // no table of headers
            Setting(settings[6..], 2, 0); // nothing that was not asked for
            Setting(settings[12..], 4, StreamWindow);
            Write(new Frame(settings.Length, FrameType.Settings, FrameFlags.None, 0), settings);
            WriteNumber(FrameType.WindowUpdate, 0, ConnectionWindow - FirstWindow);
        }

        static void Setting(Span<byte> at, short id, int value)
        {
            BinaryPrimitives.WriteInt16BigEndian(at, id);
            BinaryPrimitives.WriteInt32BigEndian(at[2..], value);
        }
    }

    private void WriteNumber(FrameType type, int stream, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        Write(new Frame(bytes.Length, type, FrameFlags.None, stream), bytes);
    }

    private void Write(Frame frame, ReadOnlySpan<byte> payload)
    {
        var bytes = _pending.GetSpan(Frame.HeadBytes + payload.Length);
        frame.Write(bytes);
        payload.CopyTo(bytes[Frame.HeadBytes..]);
        _pending.Advance(Frame.HeadBytes + payload.Length);
        if (!_isSending)
        {
            _isSending = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false); // those who come before its turn go with it
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_pending.WrittenCount == 0)
                    {
                        _isSending = false;
                        return;
                    }

                    (_pending, _sending) = (_sending, _pending);
                }

                for (var bytes = _sending.WrittenMemory; !bytes.IsEmpty;)
                {
                    bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
                }

                _sending.ResetWrittenCount();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Close();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[ReadBytes];
        var filled = 0;
        try
        {
            do
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None);
                if (read == 0)
                {
                    break;
                }

                filled += read;
                Volatile.Write(ref _heard, _time.GetTimestamp());
                var taken = TakeFrames(buffer.AsSpan(0, filled));
                TellAll();
                filled -= taken;
                buffer.AsSpan(taken, filled).CopyTo(buffer);
            }
            while (!IsOver());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidDataException)
        {
            // However it ended, it is over.
        }

        TellAll();
        Close();
    }

    private void CloseIfOver()
    {
        if (IsOver())
        {
            Close();
        }
    }

    private void TellAll()
    {
        foreach (var call in _toTell)
        {
            call.IsToBeTold = false;
            call.Tell();
        }

        _toTell.Clear();
    }

    private bool IsOver()
    {
        if (!IsClosed)
        {
            return false;
        }

        lock (_gate)
        {
            return _calls.Count == 0;
        }
    }

    private int TakeFrames(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes;
        while (_frames.TryRead(ref rest, out var frame, out var payload))
        {
            Take(frame, payload);
        }

        return bytes.Length - rest.Length;
    }

    private void Take(Frame frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
            case FrameType.Data:
                TakeData(frame, payload);
                break;
            case FrameType.Headers:
                TakeHeaders(frame, payload);
                break;
            case FrameType.Reset:
                End(frame.Stream, FrameReader.Number(payload) == Refused ? CallEnd.NotTaken : CallEnd.Broken);
                break;
            case FrameType.Settings when !frame.Has(Frame.Acknowledged):
                TakeSettings(payload);
                break;
            case FrameType.Ping when !frame.Has(Frame.Acknowledged):
                Answer(FrameType.Ping, payload);
                break;
            case FrameType.GoAway:
                TakeGoAway(FrameReader.Number(payload) & int.MaxValue);
                break;
        }
    }

    private void TakeHeaders(Frame frame, ReadOnlySpan<byte> block)
    {
        if (Find(frame.Stream) is { } call && HeaderReader.BeginsAnswer(block)) // no hub has trailers to say
        {
            call.AddHeaders(block);
            Remember(call);
        }

        if (frame.Has(FrameFlags.EndStream))
        {
            End(frame.Stream, CallEnd.None);
        }
    }

    private void TakeData(Frame frame, ReadOnlySpan<byte> body)
    {
        var call = Find(frame.Stream);
        call?.AddBody(body);
        Remember(call);

        // At once: what one caller leaves lying is bounded by his stream, and takes no room from others.
        _unreturned += frame.Length;
        if (_unreturned >= ConnectionWindow / 4)
        {
            lock (_gate)
            {
                WriteNumber(FrameType.WindowUpdate, 0, _unreturned);
            }

            _unreturned = 0;
        }

        if (frame.Has(FrameFlags.EndStream))
        {
            End(frame.Stream, CallEnd.None);
        }
    }

    private void TakeSettings(ReadOnlySpan<byte> settings)
    {
        for (; settings.Length >= 6; settings = settings[6..])
        {
            if (BinaryPrimitives.ReadInt16BigEndian(settings) == 3)
            {
                lock (_gate)
                {
                    _mostCalls = (int)Math.Min(MostCalls, BinaryPrimitives.ReadUInt32BigEndian(settings[2..]));
                }
            }
        }

        Answer(FrameType.Settings, []);
    }

    private void TakeGoAway(int last)
    {
        List<HubCall> notTaken;
        lock (_gate)
        {
            _isClosed = true;
            notTaken = [.. _calls.Values.Where(call => call.Id > last)];
        }

        foreach (var call in notTaken)
        {
            End(call.Id, CallEnd.NotTaken);
        }
    }

    private void Answer(FrameType type, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            Write(new Frame(payload.Length, type, Frame.Acknowledged, 0), payload);
        }
    }

    private HubCall? Find(int stream)
    {
        lock (_gate)
        {
            return _calls.GetValueOrDefault(stream);
        }
    }

    private void End(int stream, CallEnd end)
    {
        HubCall? call;
        lock (_gate)
        {
            _calls.Remove(stream, out call);
        }

        call?.Complete(end);
        Remember(call);
    }

    private void Remember(HubCall? call)
    {
        if (call is null)
        {
            return;
        }

        call.Heard = _heard;
        if (!call.IsToBeTold)
        {
            call.IsToBeTold = true;
            _toTell.Add(call);
        }
    }

    private void OnBeat()
    {
        List<HubCall> late;
        var isGone = false;
        lock (_gate)
        {
            if (_isClosed && _calls.Count == 0)
            {
                return;
            }

            if (_calls.Count == 0)
            {
                _isBeating = false; // until the next request
                return;
            }

            late = [.. _calls.Values.Where(call => _time.GetElapsedTime(call.Heard) > call.Patience)];
            if (_pinged > _heard)
            {
                isGone = _time.GetElapsedTime(_pinged) > _patience.Answer;
            }
            else if (_time.GetElapsedTime(_heard) > _patience.Silence)
            {
                Write(new Frame(PingBytes, FrameType.Ping, FrameFlags.None, 0), stackalloc byte[PingBytes]);
                _pinged = _time.GetTimestamp();
            }

            if (!isGone)
            {
                _timer.Change(Beat, Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var call in late)
        {
            Cancel(call, CallEnd.TimedOut);
        }

        if (isGone)
        {
            Close();
        }
    }
}
