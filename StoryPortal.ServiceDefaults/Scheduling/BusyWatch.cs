namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>Whether a process is busy: from a share of the processors on, until it has used less than half of that for a while.</summary>
/// <param name="share">That share, of all of them.</param>
/// <param name="processors">How many there are for it.</param>
/// <param name="time">The clock.</param>
internal sealed class BusyWatch(double share, int processors, TimeProvider time)
{
    // Load comes in waves: who has been busy soon is again.
    private static readonly TimeSpan While = TimeSpan.FromSeconds(10);

    private TimeSpan _used;
    private long _lookedAt = time.GetTimestamp();
    private long _busyAt;

    /// <summary>Whether it is busy, as of the last look.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Looks.</summary>
    /// <param name="used">The processor time that it has used since its start.</param>
    public void Look(TimeSpan used)
    {
        var now = time.GetTimestamp();
        var enough = (IsBusy ? share / 2 : share) * processors * time.GetElapsedTime(_lookedAt, now);
        if (used - _used >= enough)
        {
            (IsBusy, _busyAt) = (true, now);
        }
        else if (time.GetElapsedTime(_busyAt, now) >= While)
        {
            IsBusy = false;
        }

        (_used, _lookedAt) = (used, now);
    }
}
