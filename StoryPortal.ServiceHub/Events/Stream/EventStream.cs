using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using StoryPortal.DataLayer.Events;

namespace StoryPortal.ServiceHub.Events.Stream;

/// <summary>One reader of new events, and those that wait for it.</summary>
/// <param name="type">Only events of this type, or null.</param>
/// <param name="agentId">Only events of this agent, or null.</param>
/// <param name="after">Only events after this place in the order of arrival: its reader has seen the others.</param>
/// <param name="capacity">How many events may wait.</param>
/// <param name="maxBytes">Bytes of those events at most, unless a single one has more.</param>
/// <param name="from">Where in the order of arrival it begins: everything after it will come.</param>
internal sealed class EventStream(string? type, Guid? agentId, long after, int capacity, int maxBytes, long from) : IDisposable
{
    private readonly Channel<StreamFrame> _queue = Channel.CreateBounded<StreamFrame>(new BoundedChannelOptions(capacity) { SingleReader = true });
    private readonly CancellationTokenSource _cut = new();
    private long _bytes;
    private bool _isCut;

    // What was committed just before it came may not have been told to anybody yet.
    private long _seen = after > from ? after : 0;

    /// <summary>Where in the order of arrival it begins.</summary>
    public long From => from;

    /// <summary>What waits; it ends when the stream is cut off.</summary>
    public ChannelReader<StreamFrame> Frames => _queue.Reader;

    /// <summary>Signalled when the stream was cut off and its reader has not taken what waited for too long.</summary>
    public CancellationToken GivenUp => _cut.Token;

    /// <summary>Whether it is further behind than it should be.</summary>
    public bool IsBehind => !_isCut && (_queue.Reader.Count > capacity / 2 || Interlocked.Read(ref _bytes) > maxBytes / 2);

    /// <summary>Whether its reader asked for this, and has not seen it.</summary>
    public bool Wants(ArrivedEvent arrived)
    {
        if (arrived.Seq <= _seen)
        {
            return false;
        }

        _seen = 0; // whatever follows is later
        return (type is null || arrived.Event.Type == type) && (agentId is null || arrived.Event.AgentId == agentId);
    }

    /// <summary>Queues what is to be sent; false when it has no room. One caller at a time.</summary>
    public bool TryOffer(StreamFrame frame)
    {
        var waiting = Interlocked.Read(ref _bytes);
        if ((waiting > 0 && waiting + frame.Utf8.Length > maxBytes) || !_queue.Writer.TryWrite(frame))
        {
            return false;
        }

        Interlocked.Add(ref _bytes, frame.Utf8.Length);
        return true;
    }

    /// <summary>Takes what was queued first; false when nothing waits.</summary>
    public bool TryTake([NotNullWhen(true)] out StreamFrame? frame)
    {
        if (!_queue.Reader.TryRead(out frame))
        {
            return false;
        }

        Interlocked.Add(ref _bytes, -frame.Utf8.Length);
        return true;
    }

    /// <summary>Ends it after what waits already. A reader that does not even take that is given up.</summary>
    public void Cut(TimeSpan patience)
    {
        if (_queue.Writer.TryComplete())
        {
            _isCut = true;
            _cut.CancelAfter(patience);
        }
    }

    public void Dispose() => _cut.Dispose();
}
