using System.Diagnostics.Metrics;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.ServiceHub.Services.Watching;

/// <summary>
/// The registry as this hub last read it, for everybody who watches or searches: one read for each change, however many there are. It is read when
/// somebody asks, and by itself only while somebody watches.
/// </summary>
internal sealed partial class RegistryView
{
    private readonly ServiceStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<RegistryView> _logger;
    private readonly Lock _gate = new();
    private volatile RegistrySnapshot? _current;
    private volatile TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _reading;
    private long _readAt;
    private TimeSpan _readTook;
    private long _known;
    private int _watches;

    public RegistryView(ServiceStore store, TimeProvider time, IMeterFactory meters, ILogger<RegistryView> logger)
    {
        (_store, _time, _logger) = (store, time, logger);
        meters.Create(TelemetryNames.Prefix + "ServiceHub").CreateObservableGauge("registry_watches", () => Watches, description: "Watches of the service registry that are open.");
    }

    /// <summary>Watches that are open.</summary>
    public int Watches => Volatile.Read(ref _watches);

    /// <summary>The highest index that this hub has heard of.</summary>
    public long Known => Volatile.Read(ref _known);

    /// <summary>The registry has this index, or a higher one.</summary>
    public void Heard(long index)
    {
        for (var known = Known; known < index;)
        {
            var before = Interlocked.CompareExchange(ref _known, index, known);
            if (before == known)
            {
                break;
            }

            known = before;
        }

        // A watch counts itself before it looks at what is known: one of the two sees the other.
        Interlocked.MemoryBarrier();
        if (Watches > 0 && (_current is not { } current || current.Index < index))
        {
            _ = ReadQuietlyAsync();
        }
    }

    /// <summary>The registry with every change that this hub has heard of.</summary>
    /// <exception cref="NpgsqlException">The database is away, and something has changed since it was read.</exception>
    public Task<RegistrySnapshot> NowAsync(CancellationToken cancellationToken) => AtLeastAsync(Known, cancellationToken);

    /// <summary>
    /// The registry as soon as its index is another than <paramref name="index"/>: at once when it is, else after a change, or as it is after
    /// <paramref name="wait"/> or when <paramref name="cancellationToken"/> is cancelled.
    /// </summary>
    public async Task<RegistrySnapshot> ChangedAsync(long index, TimeSpan wait, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watches);
        try
        {
            // An index that is not known here comes from another hub, which heard of it sooner, or from another database.
            var snapshot = await AtLeastAsync(Math.Max(Known, index), cancellationToken);
            if (snapshot.Index != index)
            {
                return snapshot;
            }

            var moved = _moved.Task; // before the last look: what moves from now on ends it
            if (_current is { } current && current.Index == index)
            {
                await moved.WaitAsync(wait, _time, cancellationToken);
            }
        }
        catch (TimeoutException) when (_current is not null)
        {
        }
        catch (OperationCanceledException) when (_current is not null)
        {
        }
        finally
        {
            Interlocked.Decrement(ref _watches);
        }

        return _current!;
    }

    // Two reads at most: the second began after the call, and nobody knows more than it does.
    private async Task<RegistrySnapshot> AtLeastAsync(long index, CancellationToken cancellationToken)
    {
        for (var reads = 0; ; reads++)
        {
            if (_current is { } current && (current.Index >= index || reads == 2))
            {
                return current;
            }

            await ReadAsync().WaitAsync(cancellationToken);
        }
    }

    private async Task ReadQuietlyAsync()
    {
        try
        {
            await ReadAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            LogFailed(exception.Message); // while somebody watches, it is tried again with the next judgement of the leases
        }
    }

    private Task ReadAsync()
    {
        lock (_gate)
        {
            return _reading ??= Task.Run(ReadOnceAsync);
        }
    }

    private async Task ReadOnceAsync()
    {
        RegistrySnapshot snapshot;
        try
        {
            // Not more than half of the time: many changes in a row are seen together.
            var pause = _readTook - _time.GetElapsedTime(_readAt);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _time);
            }

            using var untraced = SuppressInstrumentationScope.Begin(); // for many, and whoever asked first may have left
            var started = _time.GetTimestamp();
            snapshot = new RegistrySnapshot(await _store.SnapshotAsync(CancellationToken.None));
            _readAt = _time.GetTimestamp();
            _readTook = _time.GetElapsedTime(started, _readAt);

            var moved = _moved;
            var isMove = snapshot.Index != _current?.Index;
            _current = snapshot;
            if (isMove)
            {
                _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                moved.TrySetResult();
            }
        }
        finally
        {
            lock (_gate)
            {
                _reading = null;
            }
        }

        // What was heard of meanwhile may not be in it.
        if (Watches > 0 && snapshot.Index < Known)
        {
            _ = ReadQuietlyAsync();
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The registry cannot be read for those who watch it: {Reason}")]
    private partial void LogFailed(string reason);
}
