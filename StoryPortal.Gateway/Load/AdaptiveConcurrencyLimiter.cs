using Microsoft.Extensions.Options;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Limits concurrent requests and streams. While responses are slow because of their number, the limit falls below the number in use, by a
/// fifth to a half at a time; otherwise it grows by a tenth. ASP.NET Core's <c>ConcurrencyLimiter</c> has a fixed limit, up to which
/// latency grows.
/// </summary>
internal sealed class AdaptiveConcurrencyLimiter(IOptions<LoadOptions> options, TimeProvider time)
{
    // Fewer responses than this are no measure of the hubs' load: slow hubs are sampled for longer.
    private const int MinResponses = 20;

    private static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(2);

    private readonly LoadOptions _options = options.Value;
    private int _limit = options.Value.MaxConcurrentRequests;
    private int _requests;
    private int _streams;
    private int _highest;
    private long _windowStarted = time.GetTimestamp();
    private long _responses;
    private long _ticks;
    private long _calmTicks;

    /// <summary>The present limit on concurrent requests.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>Concurrent requests.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Open streams.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Takes a slot for a request; false: there is none.</summary>
    public bool TryAcquire()
    {
        var requests = Interlocked.Increment(ref _requests);
        if (requests > Limit)
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

    /// <summary>
    /// Releases the slot of a request. <paramref name="latency"/>: the time of the response; null where it is no measure of the hubs' load.
    /// </summary>
    public void Release(TimeSpan? latency)
    {
        Interlocked.Decrement(ref _requests);
        if (latency is { } value)
        {
            Interlocked.Add(ref _ticks, value.Ticks);
            Interlocked.Increment(ref _responses);
        }

        var started = Volatile.Read(ref _windowStarted);
        var elapsed = time.GetElapsedTime(started);
        if (elapsed >= MinWindow && (elapsed >= MaxWindow || Volatile.Read(ref _responses) >= MinResponses)
            && Interlocked.CompareExchange(ref _windowStarted, time.GetTimestamp(), started) == started)
        {
            Adjust();
        }
    }

    /// <summary>Takes a slot for a stream; false: there is none.</summary>
    public bool TryAcquireStream()
    {
        if (Interlocked.Increment(ref _streams) <= _options.MaxConcurrentStreams)
        {
            return true;
        }

        ReleaseStream();
        return false;
    }

    /// <summary>Releases the slot of a stream.</summary>
    public void ReleaseStream() => Interlocked.Decrement(ref _streams);

    private void Adjust()
    {
        var responses = Interlocked.Exchange(ref _responses, 0);
        var ticks = Interlocked.Exchange(ref _ticks, 0);
        var highest = Interlocked.Exchange(ref _highest, Requests); // requests that stay make the next window a busy one
        var limit = Limit;

        var target = _options.TargetLatency.Ticks;
        var average = responses >= MinResponses ? ticks / responses : 0;
        if (average > 0 && highest <= _options.MinConcurrentRequests / 2)
        {
            _calmTicks = Math.Min(average, 2 * target); // without concurrency, slow responses are slow by nature
        }

        var isSlow = average > Math.Max(target, 2 * _calmTicks);
        if (isSlow && highest > Math.Min(limit / 2, 2 * _options.MinConcurrentRequests))
        {
            var reduced = Math.Min(limit, highest) * Math.Clamp((double)target / average, 0.5, 0.8);
            limit = Math.Max((int)reduced, _options.MinConcurrentRequests);
        }
        else if (!isSlow)
        {
            limit = Math.Min(limit + (limit / 10) + 1, _options.MaxConcurrentRequests);
        }

        Volatile.Write(ref _limit, Math.Min(limit, _options.MaxConcurrentRequests));
    }
}
