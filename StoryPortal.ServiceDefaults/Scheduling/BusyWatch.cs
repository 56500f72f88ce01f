namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>Whether a process is busy: from a share of the processors on, until it uses less than half of that.</summary>
/// <param name="share">That share, of all of them.</param>
/// <param name="processors">How many there are for it.</param>
/// <param name="time">The clock.</param>
internal sealed class BusyWatch(double share, int processors, TimeProvider time)
{
    private TimeSpan _used;
    private long _lookedAt = time.GetTimestamp();

    /// <summary>Whether it was busy between the last two looks.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Looks.</summary>
    /// <param name="used">The processor time that it has used since its start.</param>
    public void Look(TimeSpan used)
    {
        var now = time.GetTimestamp();
        var enough = (IsBusy ? share / 2 : share) * processors * time.GetElapsedTime(_lookedAt, now);
        IsBusy = used - _used >= enough;
        (_used, _lookedAt) = (used, now);
    }
}
