using Microsoft.Extensions.Options;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Counts what is being served. While answers take longer than they should because many are asked for at once, the limit falls below what is in
/// use, by a fifth to a half at a time, and grows back by a tenth otherwise: what is taken on is answered in time, the rest hears at once that it
/// should come again.
/// </summary>
internal sealed class LoadLimit(IOptions<LoadOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(200);

    // Fewer answers than this say little of how busy the hubs are: slow hubs are looked at for longer.
    private const int FewestAnswers = 20;

    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(2);

    private readonly LoadOptions _options = options.Value;
    private int _limit = options.Value.ConcurrentRequests;
    private int _requests;
    private int _streams;
    private int _highest;
    private long _windowStarted = time.GetTimestamp();
    private long _answers;
    private long _ticks;
    private long _calmTicks;

    /// <summary>Requests that are taken on at the same time, at present.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>Requests that are being served.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Streams that are open.</summary>
    public int Streams => Volatile.Read(ref _streams);

    public bool TryEnter()
    {
        var now = Interlocked.Increment(ref _requests);
        if (now > Limit)
        {
            Interlocked.Decrement(ref _requests);
            return false;
        }

        if (now > _highest)
        {
            _highest = now; // a race loses one of two near the same height
        }

        return true;
    }

    /// <summary>A request is answered; <paramref name="latency"/> where it tells how busy the hubs are, else null.</summary>
    public void Leave(TimeSpan? latency)
    {
        Interlocked.Decrement(ref _requests);
        if (latency is { } value)
        {
            Interlocked.Add(ref _ticks, value.Ticks);
            Interlocked.Increment(ref _answers);
        }

        var started = Volatile.Read(ref _windowStarted);
        var passed = time.GetElapsedTime(started);
        if (passed >= Window && (passed >= LongestWindow || Volatile.Read(ref _answers) >= FewestAnswers) && Interlocked.CompareExchange(ref _windowStarted, time.GetTimestamp(), started) == started)
        {
            Adjust();
        }
    }

    public bool TryOpenStream()
    {
        if (Interlocked.Increment(ref _streams) <= _options.ConcurrentStreams)
        {
            return true;
        }

        CloseStream();
        return false;
    }

    public void CloseStream() => Interlocked.Decrement(ref _streams);

    private void Adjust()
    {
        var answers = Interlocked.Exchange(ref _answers, 0);
        var ticks = Interlocked.Exchange(ref _ticks, 0);
        var highest = Interlocked.Exchange(ref _highest, Requests); // who is still there makes the next window busy, even if nobody else gets in
        var limit = Limit;

        var target = _options.TargetLatencyMilliseconds * TimeSpan.TicksPerMillisecond;
        var average = answers >= FewestAnswers ? ticks / answers : 0;
        if (average > 0 && highest <= _options.FewestConcurrentRequests / 2)
        {
            _calmTicks = Math.Min(average, 2 * target); // nobody is in the way of anybody: these are slow by nature, if they are
        }

        var isSlow = average > Math.Max(target, 2 * _calmTicks);
        if (isSlow && highest > Math.Min(limit / 2, 2 * _options.FewestConcurrentRequests))
        {
            limit = Math.Max((int)(Math.Min(limit, highest) * Math.Clamp((double)target / average, 0.5, 0.8)), _options.FewestConcurrentRequests);
        }
        else if (!isSlow)
        {
            limit = Math.Min(limit + (limit / 10) + 1, _options.ConcurrentRequests);
        }

        Volatile.Write(ref _limit, Math.Min(limit, _options.ConcurrentRequests));
    }
}
