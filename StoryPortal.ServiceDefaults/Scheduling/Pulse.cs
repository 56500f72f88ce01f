namespace StoryPortal.ServiceDefaults.Scheduling;

/// <summary>
/// The pulse of a process: whatever looks at something again and again waits for the same timer. With timers of their own each would wake the threads of an idle
/// process up to five times, which costs more than the look.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class Pulse(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _starting = new();
    private TaskCompletionSource<long> _next = new(); // whoever waits goes on upon the timer's thread, one after the other: each soon waits again
    private ITimer? _timer;
    private long _beats;

    /// <summary>Waits for the next beat that comes every <paramref name="seconds"/>. Who is late misses one, and none is made up for.</summary>
    /// <param name="seconds">Seconds between two of those beats, at least 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public async Task BeatAsync(int seconds, CancellationToken cancellationToken)
    {
        Start();
        while (await Volatile.Read(ref _next).Task.WaitAsync(cancellationToken) % seconds != 0)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Start()
    {
        if (_timer is null)
        {
            lock (_starting)
            {
                _timer ??= time.CreateTimer(static pulse => ((Pulse)pulse!).OnBeat(), this, Interval, Interval);
            }
        }
    }

    private void OnBeat() => Interlocked.Exchange(ref _next, new TaskCompletionSource<long>()).SetResult(Interlocked.Increment(ref _beats));
}
