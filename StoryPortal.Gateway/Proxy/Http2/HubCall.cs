using System.Buffers;
using System.Threading.Tasks.Sources;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>
/// A request that a hub has, and what has come of its answer. The connection's reader adds to it; whoever asked waits for more, and takes all that is
/// there. However it ends, nothing is thrown: callers who leave are not what exceptions are made for.
/// </summary>
internal sealed class HubCall(HubConnection connection, TimeSpan patience) : IValueTaskSource, IThreadPoolWorkItem
{
    // It is its own lock: another object for each request would be 3 % of what one allocates.
    private ManualResetValueTaskSourceCore<bool> _source; // continues where Execute runs: on a thread of the pool
    private byte[]? _bytes;
    private int _headers;
    private int _length;
    private bool _hasHeaders;
    private bool _isComplete;
    private CallEnd _end;
    private bool _isWaiting;
    private bool _hasNews;

    /// <summary>Its stream.</summary>
    public int Id { get; set; }

    /// <summary>Whether the reader has something for it, and has not told it yet. Only the reader asks.</summary>
    public bool IsToBeTold { get; set; }

    /// <summary>When it was last heard of, as a timestamp.</summary>
    public long Heard { get; set; }

    /// <summary>How long its hub may say nothing.</summary>
    public TimeSpan Patience => patience;

    /// <summary>Waits for more than was taken.</summary>
    public ValueTask WaitAsync()
    {
        lock (this)
        {
            if (_hasNews)
            {
                return ValueTask.CompletedTask;
            }

            _source.Reset();
            _isWaiting = true;
            return new ValueTask(this, _source.Version);
        }
    }

    /// <summary>Takes what is there. Its bytes are the taker's, who returns them.</summary>
    public Part Take()
    {
        lock (this)
        {
            var part = new Part(_bytes, _headers, _length, _hasHeaders, _isComplete, _end);
            (_bytes, _headers, _length, _hasHeaders, _hasNews) = (null, 0, 0, false, false);
            return part;
        }
    }

    /// <summary>As many bytes of its body have gone on, and there is room for as many more.</summary>
    public void Return(int bytes) => connection.Return(this, bytes);

    /// <summary>The caller does not wait any longer.</summary>
    public void Leave() => connection.Cancel(this, CallEnd.Left);

    /// <summary>Adds the answer's headers. Those before, if nobody has taken them, were only in between (<c>103 Early Hints</c> and the like).</summary>
    public void AddHeaders(ReadOnlySpan<byte> block)
    {
        lock (this)
        {
            _length = 0;
            Add(block);
            (_headers, _hasHeaders, _hasNews) = (_length, true, true);
        }
    }

    public void AddBody(ReadOnlySpan<byte> bytes)
    {
        lock (this)
        {
            Add(bytes);
            _hasNews = true;
        }
    }

    /// <summary>Nothing more will come: the answer is whole (<see cref="CallEnd.None"/>), or it ended otherwise.</summary>
    public void Complete(CallEnd end)
    {
        lock (this)
        {
            if (!_isComplete)
            {
                (_isComplete, _end, _hasNews) = (true, end, true);
            }
        }
    }

    /// <summary>Wakes who waits, if anybody does.</summary>
    public void Tell()
    {
        lock (this)
        {
            if (!_isWaiting || !_hasNews)
            {
                return;
            }

            _isWaiting = false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _source.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (_bytes is null)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length, 1024));
        }
        else if (_bytes.Length - _length < bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, _length + bytes.Length));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>A part of an answer: perhaps its headers, perhaps something of its body, perhaps its end.</summary>
    internal readonly record struct Part(byte[]? Bytes, int HeaderLength, int Length, bool HasHeaders, bool IsComplete, CallEnd End)
    {
        public ReadOnlySpan<byte> Headers => Bytes.AsSpan(0, HeaderLength);

        public ReadOnlySpan<byte> Body => Bytes.AsSpan(HeaderLength, Length - HeaderLength);

        public void Return()
        {
            if (Bytes is not null)
            {
                ArrayPool<byte>.Shared.Return(Bytes);
            }
        }
    }
}

/// <summary>How a call ended.</summary>
internal enum CallEnd
{
    /// <summary>With its answer.</summary>
    None,

    /// <summary>Its caller left.</summary>
    Left,

    /// <summary>Its hub said nothing for longer than the route allows.</summary>
    TimedOut,

    /// <summary>The hub has not begun with it, and says so.</summary>
    NotTaken,

    /// <summary>Its connection broke, or the hub gave it up.</summary>
    Broken,
}
