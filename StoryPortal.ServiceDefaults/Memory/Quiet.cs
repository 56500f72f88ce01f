namespace StoryPortal.ServiceDefaults.Memory;

/// <summary>Decides when giving memory back is worth its pause: nobody is kept waiting, and a peak has left much.</summary>
/// <param name="length">For how long hardly anything may have been allocated.</param>
/// <param name="time">The clock.</param>
internal sealed class Quiet(TimeSpan length, TimeProvider time)
{
    // Beats, probes and the scorecard allocate a tenth of it.
    private const long MostBytesPerSecond = 2 << 20;

    // Less is what the collector works with.
    private const long FewestBytes = 64 << 20;

    private long _allocated;
    private long _lookedAt = time.GetTimestamp();
    private long _since = time.GetTimestamp();
    private long _kept;

    /// <summary>Whether to give back now.</summary>
    /// <param name="allocated">Bytes that were ever allocated.</param>
    /// <param name="committed">Bytes that the collector holds.</param>
    public bool IsDue(long allocated, long committed)
    {
        var now = time.GetTimestamp();
        if (allocated - _allocated > MostBytesPerSecond * time.GetElapsedTime(_lookedAt, now).TotalSeconds)
        {
            _since = now;
        }

        (_allocated, _lookedAt) = (allocated, now);
        return time.GetElapsedTime(_since, now) >= length && committed >= Math.Max(2 * _kept, _kept + FewestBytes);
    }

    /// <summary>It was given back.</summary>
    /// <param name="committed">Bytes that the collector has kept.</param>
    public void Returned(long committed) => (_kept, _since) = (committed, time.GetTimestamp());
}
