namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// Limits concurrent turns. A turn goes to the waiting caller with the fewest turns, then to the first in the queue. In the queue of a
/// <see cref="SemaphoreSlim"/> many batches of one caller would delay those of others.
/// </summary>
/// <param name="count">Turns at a time.</param>
internal sealed class BatchTurns(int count)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _held = [];
    private readonly List<Waiter> _waiting = [];
    private int _free = count;

    /// <summary>Waits for a turn; false: none came in time.</summary>
    public async Task<bool> WaitAsync(string caller, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                Take(caller);
                return true;
            }

            waiter = new Waiter(caller);
            _waiting.Add(waiter);
        }

        try
        {
            await waiter.Task.WaitAsync(timeout, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return !TryCancel(waiter); // the turn may have come at the last moment
        }
        catch (OperationCanceledException)
        {
            if (!TryCancel(waiter))
            {
                Release(caller);
            }

            throw;
        }
    }

    /// <summary>Returns a turn.</summary>
    public void Release(string caller)
    {
        Waiter? next;
        lock (_gate)
        {
            _held[caller]--;
            if (_held[caller] == 0)
            {
                _held.Remove(caller);
            }

            next = _waiting.MinBy(waiter => _held.GetValueOrDefault(waiter.Caller)); // the first of those with the fewest
            if (next is null)
            {
                _free++;
                return;
            }

            _waiting.Remove(next);
            Take(next.Caller);
        }

        next.SetResult();
    }

    private void Take(string caller) => _held[caller] = _held.GetValueOrDefault(caller) + 1;

    private bool TryCancel(Waiter waiter)
    {
        lock (_gate)
        {
            return _waiting.Remove(waiter);
        }
    }

    private sealed class Waiter(string caller) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Caller => caller;
    }
}
