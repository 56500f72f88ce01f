namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// A few turns at a time. A turn goes to the waiting caller that has the fewest, then to the one that came first: so many batches of one
/// caller do not keep those of others waiting, as they would in the queue of a <see cref="SemaphoreSlim"/>.
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
            return !TryLeave(waiter); // the turn may have come at the last moment
        }
        catch (OperationCanceledException)
        {
            if (!TryLeave(waiter))
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

    private bool TryLeave(Waiter waiter)
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
