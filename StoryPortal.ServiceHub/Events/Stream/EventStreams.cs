using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Events;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Events.Stream;

/// <summary>
/// Passes new events on to every stream of this hub, in the order of their arrival. They are read once for all streams, as soon as a commit anywhere
/// is heard of, and only as far as nobody who is still writing can add one before: so nothing is skipped, and who resumes after an event has had
/// everything before it. Does nothing while nobody listens.
/// </summary>
internal sealed partial class EventStreams(
    EventFeed feed, EventSequence sequence, EventNews news, IOptions<EventStreamOptions> options, TimeProvider time, ILogger<EventStreams> logger)
    : BackgroundService
{
    private const int PageSize = 100;

    private static readonly TimeSpan SettleInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RoomInterval = TimeSpan.FromMilliseconds(5);

    private readonly EventStreamOptions _options = options.Value;
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.Value.PatienceSeconds);
    private readonly TimeSpan _giveUpAfter = TimeSpan.FromSeconds(options.Value.GiveUpSeconds);
    private readonly SemaphoreSlim _opening = new(1);
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly HashSet<EventStream> _streams = [];
    private long? _position;

    /// <summary>Streams that are open.</summary>
    public int Count
    {
        get
        {
            lock (_streams)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>A place in the order of arrival up to which every event is there that ever will be.</summary>
    public async Task<long> FinalPositionAsync(CancellationToken cancellationToken)
    {
        lock (_streams)
        {
            if (_position is { } known)
            {
                return known;
            }
        }

        var last = await sequence.LastAsync(cancellationToken);
        await sequence.SettleAsync(SettleInterval, cancellationToken);
        return last;
    }

    /// <summary>Opens a stream of every event that is committed from now on, and some just before. <see cref="Close"/> it.</summary>
    public async Task<EventStream> OpenAsync(string? type, Guid? agentId, long after, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            var isFirst = _position is null;
            var position = await FinalPositionAsync(cancellationToken);
            EventStream stream;
            lock (_streams)
            {
                _position ??= position;
                stream = new EventStream(type, agentId, after, _options.QueueEvents, _options.QueueBytes, _position.Value);
                _streams.Add(stream);
            }

            if (isFirst)
            {
                news.Listen(Wake);
                Wake();
            }

            return stream;
        }
        finally
        {
            _opening.Release();
        }
    }

    public void Close(EventStream stream)
    {
        lock (_streams)
        {
            _streams.Remove(stream);
        }

        stream.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(DeliverAsync(stoppingToken), BeatAsync(stoppingToken));

    public override void Dispose()
    {
        _opening.Dispose();
        _news.Dispose();
        base.Dispose();
    }

    private async Task DeliverAsync(CancellationToken stoppingToken)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // nobody's request
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // While nobody listens only a first stream wakes it.
                await _news.WaitAsync(_position is null ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(_options.PollSeconds), stoppingToken);
                if (await IsWantedAsync(stoppingToken))
                {
                    await DeliverNewAsync(stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                LogRetry(exception.Message); // streams stay open: what comes meanwhile is delivered when the database is back
            }
        }
    }

    private async Task<bool> IsWantedAsync(CancellationToken cancellationToken)
    {
        if (Count > 0)
        {
            return true;
        }

        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (Count > 0)
            {
                return true;
            }

            news.Ignore();
            _position = null;
            return false;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task DeliverNewAsync(CancellationToken cancellationToken)
    {
        var last = await sequence.LastAsync(cancellationToken);
        if (last <= _position)
        {
            Move(last); // lower: the table was emptied, and the numbers begin anew
            return;
        }

        await sequence.SettleAsync(SettleInterval, cancellationToken);
        var limit = new RowLimit(PageSize);
        while (_position is { } position && position < last)
        {
            var (rows, bytes, isCut) = (0, 0, false);
            await foreach (var arrived in feed.ListAsync(position, last, type: null, agentId: null, limit.Rows, cancellationToken))
            {
                Pass(arrived);
                bytes += arrived.Event.Payload.Utf8.Length;
                if (++rows < limit.Rows && bytes >= RowLimit.MaxBytes)
                {
                    isCut = true;
                    break;
                }
            }

            if (rows < limit.Rows && !isCut)
            {
                Move(last);
            }

            limit.Adapt(rows, isCut);
            await MakeRoomAsync(cancellationToken);
        }
    }

    private void Pass(ArrivedEvent arrived)
    {
        lock (_streams)
        {
            StreamFrame? frame = null;
            foreach (var stream in _streams)
            {
                if (stream.Wants(arrived) && !stream.TryOffer(frame ??= StreamFrame.Of(arrived.Event)))
                {
                    stream.Cut(_giveUpAfter);
                }
            }

            _position = arrived.Seq;
        }
    }

    private void Move(long position)
    {
        lock (_streams)
        {
            _position = position;
        }
    }

    // Many events at once are passed on as fast as everyone reads them, as long as everyone does read.
    private async Task MakeRoomAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (AnyBehind())
        {
            if (time.GetElapsedTime(start) > _patience)
            {
                CutThoseBehind();
                return;
            }

            await Task.Delay(RoomInterval, time, cancellationToken);
        }
    }

    private bool AnyBehind()
    {
        lock (_streams)
        {
            return _streams.Any(static stream => stream.IsBehind);
        }
    }

    private void CutThoseBehind()
    {
        lock (_streams)
        {
            List<EventStream> behind = [.. _streams.Where(static stream => stream.IsBehind)];
            behind.ForEach(stream => stream.Cut(_giveUpAfter));
            LogCut(behind.Count);
        }
    }

    private async Task BeatAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_options.HeartbeatSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                lock (_streams)
                {
                    foreach (var stream in _streams)
                    {
                        stream.TryOffer(StreamFrame.Heartbeat); // one that has no room has something to read
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The streams end by themselves.
        }
    }

    private void Wake()
    {
        try
        {
            if (_news.CurrentCount == 0)
            {
                _news.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was faster: it is awake.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "New events cannot be read yet, trying again: {Reason}")]
    private partial void LogRetry(string reason);

    [LoggerMessage(2, LogLevel.Information, "{Count} streams were cut off: their readers take events too slowly")]
    private partial void LogCut(int count);
}
