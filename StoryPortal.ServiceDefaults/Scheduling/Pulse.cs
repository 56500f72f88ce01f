namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>
/// The pulse of a process: whatever looks at something again and again waits for the same timer, and goes on upon its thread, one after the other. With timers of
/// their own each would wake the threads of an idle process up to five times, which costs more than the look.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class Pulse(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<(TaskCompletionSource Beat, int Seconds)> _waiting = [];
    private ITimer? _timer;
    private long _beats;

    /// <summary>Waits for the next beat that comes every <paramref name="seconds"/>. Who is late misses one, and none is made up for.</summary>
    /// <param name="seconds">Seconds between two of those beats, at least 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public Task BeatAsync(int seconds, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seconds, 1);
        var beat = new TaskCompletionSource(); // its continuation runs within the beat, and soon waits again
        lock (_gate)
        {
            _timer ??= time.CreateTimer(static pulse => ((Pulse)pulse!).OnBeat(), this, Interval, Interval);
            _waiting.Add((beat, seconds));
        }

        return beat.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void OnBeat()
    {
        List<(TaskCompletionSource Beat, int Seconds)> due;
        lock (_gate)
        {
            _beats++;
            due = _waiting.FindAll(IsDue);
            _waiting.RemoveAll(IsDue);
        }

        foreach (var (beat, _) in due)
        {
            beat.SetResult();
        }
    }

    private bool IsDue((TaskCompletionSource Beat, int Seconds) waiting) => _beats % waiting.Seconds == 0;
}
