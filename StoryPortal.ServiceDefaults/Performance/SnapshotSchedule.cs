namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>When a process tells of itself: at every look while it is asked for something, and at every third one while it is not.</summary>
/// <param name="interval">The time between two looks.</param>
/// <param name="time">The clock.</param>
internal sealed class SnapshotSchedule(TimeSpan interval, TimeProvider time)
{
    // Two intervals and a half: looks are not exact, and the third one counts.
    private readonly TimeSpan _quietInterval = 2.5 * interval;

    private long _requests;
    private long _requestedIn;
    private (long Requests, long Slice, long At)? _told;

    private long Slice => time.GetUtcNow().ToUnixTimeSeconds() / Recorder.SliceSeconds;

    /// <summary>Whether this look is to be told.</summary>
    /// <param name="requests">The requests of which the process knows by now.</param>
    public bool IsDue(long requests)
    {
        if (requests != _requests)
        {
            (_requests, _requestedIn) = (requests, Slice);
        }

        return _told is not { } told
            || told.Requests != requests
            || (told.Slice == _requestedIn && Slice != _requestedIn) // a slice is told when it is over
            || time.GetElapsedTime(told.At) >= _quietInterval;
    }

    /// <summary>It was told. What could not be stays due.</summary>
    public void Told() => _told = (_requests, Slice, time.GetTimestamp());
}
