using Microsoft.Extensions.Options;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Limits concurrent requests, transfers and streams. While hubs respond slowly because of the number of requests, the limit of requests
/// falls below the number in use, by a fifth to a half at a time; otherwise it grows, from its lowest to its highest value within <see
/// cref="RecoveryTime"/>. ASP.NET Core's <c>ConcurrencyLimiter</c> has a fixed limit, up to which latency grows.
/// </summary>
internal sealed class AdaptiveConcurrencyLimiter(IOptions<LoadOptions> options, TimeProvider time)
{
    /// <summary>Time in which the limit grows from its lowest to its highest value, also while no request ends.</summary>
    public static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(8);

    // Fewer responses than this are no measure of the hubs' load: slow hubs are sampled for longer, and then fewer do.
    private const int MinResponses = 20;
    private const int MinResponsesOfMaxWindow = 5;

    private static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(2);

    private readonly LoadOptions _options = options.Value;
    private readonly double _shareOfFree = options.Value.CallerShare / (1 - options.Value.CallerShare); // infinite: no share
    private int _limit = options.Value.MaxConcurrentRequests;
    private int _requests;
    private int _assigned;
    private int _transfers;
    private int _streams;
    private int _highest;
    private int _measured;
    private long _windowStarted = time.GetTimestamp();
    private long _responses;
    private long _ticks;
    private long _calmTicks;

    /// <summary>The present limit on concurrent requests.</summary>
    public int Limit
    {
        get
        {
            AdjustIfDue();
            return Volatile.Read(ref _limit);
        }
    }

    /// <summary>Concurrent requests.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Requests that wait for their client.</summary>
    public int Transfers => Volatile.Read(ref _transfers);

    /// <summary>Open streams.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Takes a slot for a request; false: there is none.</summary>
    public bool TryAcquire()
    {
        if (TryAcquireOnce())
        {
            return true;
        }

        AdjustIfDue(); // the limit recovers also while no request ends
        return TryAcquireOnce();
    }

    /// <summary>Counts a request as one of a known caller, which holds so many with it; false: that is above the caller's share.</summary>
    public bool TryAssign(int held)
    {
        // Of the others a burst may still be authenticated: those would make a share smaller than it is.
        if (Permits(held, Volatile.Read(ref _limit) - Interlocked.Increment(ref _assigned)))
        {
            return true;
        }

        Interlocked.Decrement(ref _assigned);
        return false;
    }

    /// <summary>Ends <see cref="TryAssign"/>.</summary>
    public void Unassign() => Interlocked.Decrement(ref _assigned);

    /// <summary>Counts a request that waits for a hub, as a measure of the hubs' load.</summary>
    public void BeginMeasure() => Interlocked.Increment(ref _measured);

    /// <summary>Ends <see cref="BeginMeasure"/>: the hub has responded, or the request has ended.</summary>
    public void EndMeasure() => Interlocked.Decrement(ref _measured);

    /// <summary>
    /// Releases the slot of a request. <paramref name="latency"/>: the hub's time until its response began; null where it is no measure of
    /// the hubs' load.
    /// </summary>
    public void Release(TimeSpan? latency)
    {
        Interlocked.Decrement(ref _requests);
        if (latency is { } value)
        {
            Interlocked.Add(ref _ticks, value.Ticks);
            Interlocked.Increment(ref _responses);
        }

        AdjustIfDue();
    }

    /// <summary>Takes a slot for a request that waits for its client; false: there is none.</summary>
    public bool TryAcquireTransfer() => TryIncrement(ref _transfers, _options.MaxConcurrentTransfers);

    /// <summary>Whether a caller may hold so many slots of transfers, the last of which it has just taken.</summary>
    public bool PermitsTransfers(int held) => Permits(held, _options.MaxConcurrentTransfers - Transfers);

    /// <summary>Releases the slot of a request that waited for its client.</summary>
    public void ReleaseTransfer() => Interlocked.Decrement(ref _transfers);

    /// <summary>Takes a slot for a stream; false: there is none.</summary>
    public bool TryAcquireStream() => TryIncrement(ref _streams, _options.MaxConcurrentStreams);

    /// <summary>Whether a caller may hold so many streams, the last of which it has just opened.</summary>
    public bool PermitsStreams(int held) => held <= _options.MaxConcurrentStreamsPerCaller;

    /// <summary>Releases the slot of a stream.</summary>
    public void ReleaseStream() => Interlocked.Decrement(ref _streams);

    // A caller may hold a multiple of what it leaves free: so slots are free for others, however many callers take what they can.
    private bool Permits(int held, int free) => double.IsInfinity(_shareOfFree) || held <= Math.Max(1, free * _shareOfFree);

    private static bool TryIncrement(ref int count, int max)
    {
        if (Interlocked.Increment(ref count) <= max)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        return false;
    }

    private bool TryAcquireOnce()
    {
        var requests = Interlocked.Increment(ref _requests);
        if (requests > Volatile.Read(ref _limit))
        {
            Interlocked.Decrement(ref _requests);
            return false;
        }

        if (requests > _highest)
        {
            _highest = requests; // a race loses one of two values near the same height
        }

        return true;
    }

    private void AdjustIfDue()
    {
        var started = Volatile.Read(ref _windowStarted);
        var elapsed = time.GetElapsedTime(started);
        if (elapsed >= MinWindow && (elapsed >= MaxWindow || Volatile.Read(ref _responses) >= MinResponses)
            && Interlocked.CompareExchange(ref _windowStarted, time.GetTimestamp(), started) == started)
        {
            Adjust(elapsed);
        }
    }

    private void Adjust(TimeSpan elapsed)
    {
        var responses = Interlocked.Exchange(ref _responses, 0);
        var ticks = Interlocked.Exchange(ref _ticks, 0);
        var highest = Interlocked.Exchange(ref _highest, Requests); // requests that stay make the next window a busy one
        var limit = Volatile.Read(ref _limit);

        var target = _options.TargetLatency.Ticks;
        var average = responses >= (elapsed >= MaxWindow ? MinResponsesOfMaxWindow : MinResponses) ? ticks / responses : 0;
        if (average > 0 && highest <= _options.MinConcurrentRequests / 2)
        {
            _calmTicks = Math.Min(average, 2 * target); // without concurrency, slow responses are slow by nature
        }

        // Requests wait for hubs, and no hub responds: that is no reason to let more of them wait.
        var isStalled = responses == 0 && elapsed >= MaxWindow && Volatile.Read(ref _measured) > 0;
        var isSlow = average > Math.Max(target, 2 * _calmTicks);
        if (isSlow && highest > Math.Min(limit / 2, 2 * _options.MinConcurrentRequests))
        {
            var reduced = Math.Min(limit, highest) * Math.Clamp((double)target / average, 0.5, 0.8);
            limit = Math.Max((int)reduced, _options.MinConcurrentRequests);
        }
        else if (!isSlow && !isStalled)
        {
            // By time and not by responses: few callers after an overload see it recover as soon as many would.
            var range = (double)_options.MaxConcurrentRequests / Math.Min(limit, _options.MinConcurrentRequests);
            var grown = (limit * Math.Pow(Math.Max(range, 1), elapsed / RecoveryTime)) + 1;
            limit = (int)Math.Min(grown, _options.MaxConcurrentRequests);
        }

        Volatile.Write(ref _limit, Math.Min(limit, _options.MaxConcurrentRequests));
    }
}
