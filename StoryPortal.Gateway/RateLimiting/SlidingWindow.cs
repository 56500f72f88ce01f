using System.Threading.RateLimiting;

namespace StoryPortal.Gateway.RateLimiting;

/// <summary>A caller's limit and what is left of it.</summary>
/// <param name="Limit">Requests a minute.</param>
/// <param name="Remaining">Requests that are permitted now.</param>
/// <param name="ResetSeconds">Seconds until a further request is permitted, once those that remain are used.</param>
internal readonly record struct RateLimitState(int Limit, int Remaining, int ResetSeconds);

/// <summary>
/// The requests of one caller in the last sixty seconds: those of this minute, and of the previous minute the share that still lies within
/// the window. <see cref="SlidingWindowRateLimiter"/> cannot add what other gateways have counted; this one does, as <see
/// cref="RateSynchronizer"/> receives it.
/// </summary>
/// <param name="name">The caller's name in Redis.</param>
/// <param name="limit">Requests a minute.</param>
/// <param name="time">The clock.</param>
/// <param name="onPending">Called with the first request that the other gateways do not know of.</param>
/// <param name="onExpired">Called when the framework disposes the window because it is idle.</param>
internal sealed class SlidingWindow(
    string name, int limit, TimeProvider time, Action<SlidingWindow>? onPending = null, Action<SlidingWindow>? onExpired = null)
    : RateLimiter
{
    private const int Minute = 60_000;

    // This minute and the previous one count; the third is for clocks that differ.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(3);
    private static readonly Lease Acquired = new(0);

    private readonly Lock _gate = new();
    private long _minute;
    private int _local;
    private int _remote;
    private int _previous;
    private bool _isPending;

    /// <summary>The caller's name in Redis.</summary>
    public string Name => name;

    /// <inheritdoc/>
    public override TimeSpan? IdleDuration
    {
        get
        {
            var idle = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref _minute) * Minute);
            return idle > Lifetime ? idle : null;
        }
    }

    /// <summary>The state at this moment.</summary>
    public RateLimitState GetState()
    {
        lock (_gate)
        {
            var elapsed = Advance();
            return new(limit, Math.Max(0, limit - Used(elapsed)), SecondsUntilPermit(elapsed));
        }
    }

    /// <summary>
    /// This gateway's count for its minute. It is the whole minute's, so that a repeated command in Redis changes nothing.
    /// </summary>
    public (long Minute, int Count) TakePending()
    {
        lock (_gate)
        {
            _isPending = false;
            return (_minute, _local);
        }
    }

    /// <summary>Sets the counts of all gateways.</summary>
    /// <param name="minute">The minute, counted from 1970.</param>
    /// <param name="count">This gateway's part of the total.</param>
    /// <param name="total">Requests of all gateways in that minute.</param>
    /// <param name="previous">Requests of all gateways in the minute before.</param>
    public void SetTotals(long minute, int count, long total, long previous)
    {
        lock (_gate)
        {
            if (minute == _minute)
            {
                // Counts of a minute only grow: a smaller total says that Redis has evicted those of other gateways.
                _remote = (int)Math.Clamp(total - count, _remote, int.MaxValue / 4);
                _previous = (int)Math.Clamp(previous, _previous, int.MaxValue / 4);
            }
        }
    }

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics() => new() { CurrentAvailablePermits = GetState().Remaining };

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        bool becamePending;
        lock (_gate)
        {
            var elapsed = Advance();
            if (Used(elapsed) + Math.Max(1, permitCount) > limit) // zero permits ask whether one is left
            {
                return new Lease(SecondsUntilPermit(elapsed));
            }

            _local += permitCount;
            becamePending = permitCount > 0 && !_isPending;
            _isPending |= becamePending;
        }

        if (becamePending)
        {
            onPending?.Invoke(this);
        }

        return Acquired;
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        new(AttemptAcquireCore(permitCount));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        onExpired?.Invoke(this);
    }

    // Returns the milliseconds of the minute that have elapsed.
    private int Advance()
    {
        var milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        var minute = milliseconds / Minute;
        if (minute != _minute)
        {
            _previous = minute == _minute + 1 ? _local + _remote : 0;
            (_minute, _local, _remote) = (minute, 0, 0);
        }

        return (int)(milliseconds % Minute);
    }

    private int Used(int elapsed) => _local + _remote + PreviousShare(elapsed);

    private int PreviousShare(int elapsed) => (int)((((long)_previous * (Minute - elapsed)) + Minute - 1) / Minute);

    // Once all that remains is used in this minute: an accepted request tells the same time as the refused one that may follow.
    private int SecondsUntilPermit(int elapsed)
    {
        var current = Math.Max(_local + _remote, limit - PreviousShare(elapsed));

        // A permit returns as the previous minute leaves the window; when this minute alone is full, as this one leaves it, after its end.
        var (from, leaving, staying) = current < limit ? (0, _previous, current) : (Minute, current, 0);
        var milliseconds = from + Minute - ((long)Minute * (limit - staying - 1) / leaving);
        return (int)Math.Max(1, (milliseconds - elapsed + 999) / 1000);
    }

    private sealed class Lease(int retryAfterSeconds) : RateLimitLease
    {
        public override bool IsAcquired => retryAfterSeconds == 0;

        public override IEnumerable<string> MetadataNames => IsAcquired ? [] : [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = !IsAcquired && metadataName == MetadataName.RetryAfter.Name ? TimeSpan.FromSeconds(retryAfterSeconds) : null;
            return metadata is not null;
        }
    }
}
