namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>
/// When a process may stop to listen to itself: nobody has relied on what it hears for a while. Whoever does again ends the rest and waits for
/// the first beat after it, so that what is quiet costs nothing and is believed no longer than what is busy.
/// </summary>
/// <param name="after">For how long nobody has relied on it by then. Zero: it never rests.</param>
/// <param name="patience">How long whoever ends a rest waits at most for the first beat.</param>
/// <param name="time">The clock.</param>
public sealed class Rest(TimeSpan after, TimeSpan patience, TimeProvider time)
{
    private bool _relied = true;
    private long _reliedAt = time.GetTimestamp();
    private TaskCompletionSource? _ended;
    private volatile TaskCompletionSource? _over;

    /// <summary>Somebody relies on what is heard.</summary>
    public void Rely()
    {
        if (!Volatile.Read(ref _relied))
        {
            Interlocked.Exchange(ref _relied, true); // and then looks who rests, as who rests looks who relies: one of them sees the other
            _ended?.TrySetResult();
        }
    }

    /// <summary>Whether a rest may begin. To be asked once for each beat.</summary>
    public bool IsDue()
    {
        if (Volatile.Read(ref _relied))
        {
            Volatile.Write(ref _relied, false);
            _reliedAt = time.GetTimestamp();
        }

        return after > TimeSpan.Zero && time.GetElapsedTime(_reliedAt) >= after;
    }

    /// <summary>Rests until somebody relies on what is heard. Whoever rests says first that it hears nothing.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _ended, ended);
        if (!Volatile.Read(ref _relied))
        {
            await ended.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Volatile.Write(ref _ended, null);
    }

    /// <summary>A beat was heard, or was not: what a rest has left open is known again.</summary>
    public void Over()
    {
        _over?.TrySetResult();
        _over = null;
    }

    /// <summary>Ends the rest, if there is one, and waits until it is known again what is heard; not for long.</summary>
    public async ValueTask EndAsync()
    {
        Rely();
        if (_over is { } over)
        {
            await over.Task.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
