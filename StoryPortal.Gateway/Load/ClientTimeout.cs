using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace StoryPortal.Gateway.Load;

/// <summary>
/// Time that one body may wait for its client: Kestrel's grace period and, for each byte, what its minimum data rate allows. Kestrel itself
/// counts the bytes of a whole HTTP/2 connection: with one body that flows, all others of the connection may stand still.
/// </summary>
/// <param name="rate">The minimum data rate; null: none.</param>
/// <param name="time">The clock.</param>
/// <param name="onExpired">Called when the time is over.</param>
internal sealed class ClientTimeout(MinDataRate? rate, TimeProvider time, Action onExpired) : IDisposable
{
    private ITimer? _timer;
    private long _bytes;
    private long _started;
    private TimeSpan _waited;

    /// <summary>Whether the time was over.</summary>
    public bool IsExpired { get; private set; }

    /// <summary>Adds bytes that the client has sent or taken, or is to send now.</summary>
    public void Add(long bytes) => _bytes += bytes;

    /// <summary>Begins a wait.</summary>
    public void Begin()
    {
        _started = time.GetTimestamp();
        if (rate is not null)
        {
            var left = rate.GracePeriod + TimeSpan.FromSeconds(_bytes / rate.BytesPerSecond) - _waited;
            _timer ??= time.CreateTimer(
                static timeout => ((ClientTimeout)timeout!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends the wait.</summary>
    public void End()
    {
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _waited += time.GetElapsedTime(_started);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Expire()
    {
        IsExpired = true;
        onExpired();
    }
}
