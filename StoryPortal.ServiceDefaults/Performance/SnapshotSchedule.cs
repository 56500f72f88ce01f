namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>When a process publishes its snapshot: at every tick while it gets requests, and at every third tick while it gets none.</summary>
/// <param name="interval">The time between two ticks.</param>
/// <param name="time">The clock.</param>
internal sealed class SnapshotSchedule(TimeSpan interval, TimeProvider time)
{
    // Two intervals and a half: ticks are not exact, and the third one counts.
    private readonly TimeSpan _quietInterval = 2.5 * interval;

    private long _requests;
    private long _requestedIn;
    private (long Requests, long Slice, long At)? _published;

    private long Slice => time.GetUtcNow().ToUnixTimeSeconds() / MetricAggregator.SliceSeconds;

    /// <summary>Whether the snapshot of this tick is due.</summary>
    /// <param name="requests">Requests since the start of the process.</param>
    public bool IsDue(long requests)
    {
        if (requests != _requests)
        {
            (_requests, _requestedIn) = (requests, Slice);
        }

        return _published is not { } last
            || last.Requests != requests
            || (last.Slice == _requestedIn && Slice != _requestedIn) // a slice is published when it has ended
            || time.GetElapsedTime(last.At) >= _quietInterval;
    }

    /// <summary>Records that the snapshot was published. A snapshot that failed stays due.</summary>
    public void Published() => _published = (_requests, Slice, time.GetTimestamp());
}
