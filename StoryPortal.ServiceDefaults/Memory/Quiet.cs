namespace StoryPortal.ServiceDefaults.Memory;

/// <summary>Decides when giving memory back is worth its pause: nobody is kept waiting, and a peak may have left much.</summary>
/// <param name="length">For how long hardly anything may have been allocated.</param>
/// <param name="time">The clock.</param>
internal sealed class Quiet(TimeSpan length, TimeProvider time)
{
    // Beats, probes and the scorecard allocate a tenth of it.
    private const long MostBytesPerSecond = 2 << 20;

    // Less is what the collector works with.
    private const long FewestBytes = 64 << 20;

    private const int MostDoublings = 12;

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private long _allocated;
    private long _lookedAt = time.GetTimestamp();
    private long _since = time.GetTimestamp();
    private int _returns;

    private TimeSpan Wait => TimeSpan.FromTicks(Math.Min(length.Ticks << Math.Min(_returns, MostDoublings), LongestWait.Ticks));

    /// <summary>Whether to give back now.</summary>
    /// <param name="allocated">Bytes that were ever allocated.</param>
    /// <param name="committed">Bytes that the collector holds.</param>
    public bool IsDue(long allocated, long committed)
    {
        var now = time.GetTimestamp();
        if (allocated - _allocated > MostBytesPerSecond * time.GetElapsedTime(_lookedAt, now).TotalSeconds)
        {
            (_since, _returns) = (now, 0);
        }

        (_allocated, _lookedAt) = (allocated, now);
        return committed >= FewestBytes && time.GetElapsedTime(_since, now) >= Wait;
    }

    /// <summary>It was given back. What was in use then, by a request that waited for something, may not be later: it is tried again, each time after twice as long.</summary>
    public void Returned() => (_since, _returns) = (time.GetTimestamp(), _returns + 1);
}
