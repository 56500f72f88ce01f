namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>Whether a process is busy: from a rate of requests on, until there have been less than half as many for a while.</summary>
/// <param name="busyRate">That rate, a second.</param>
/// <param name="time">The clock.</param>
internal sealed class BusyWatch(double busyRate, TimeProvider time)
{
    // Load comes in waves: who has been busy soon is again.
    private static readonly TimeSpan While = TimeSpan.FromSeconds(10);

    private long _requests;
    private long _lookedAt = time.GetTimestamp();
    private long _busyAt;

    /// <summary>Whether it is busy, as of the last look.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Looks.</summary>
    /// <param name="requests">The requests that it has answered since its start.</param>
    public void Look(long requests)
    {
        var now = time.GetTimestamp();
        var many = (IsBusy ? busyRate / 2 : busyRate) * time.GetElapsedTime(_lookedAt, now).TotalSeconds;
        if (requests - _requests >= many)
        {
            (IsBusy, _busyAt) = (true, now);
        }
        else if (time.GetElapsedTime(_busyAt, now) >= While)
        {
            IsBusy = false;
        }

        (_requests, _lookedAt) = (requests, now);
    }
}
