namespace StoryPortal.Gateway.Connections;

/// <summary>How fast connections are accepted: as many a second, and after a pause a tenth of that at once.</summary>
/// <param name="perSecond">Connections a second, of all ports together.</param>
/// <param name="time">The clock.</param>
internal sealed class AcceptPace(int perSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly double _most = Math.Max(1, perSecond / 10.0);
    private double _left = Math.Max(1, perSecond / 10.0);
    private long _at = time.GetTimestamp();

    /// <summary>Waits until one more may be accepted.</summary>
    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        var wait = Take();
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    // What is taken before it is there is waited for; the next has to wait longer.
    private TimeSpan Take()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(_most, _left + (time.GetElapsedTime(_at, now).TotalSeconds * perSecond)) - 1;
            _at = now;
            return TimeSpan.FromSeconds(Math.Max(0, -_left / perSecond));
        }
    }
}
