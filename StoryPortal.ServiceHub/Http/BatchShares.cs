namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// Counts the batches of a hub and their bytes, of all callers and of each. A caller has no more than it leaves free, so that others find room;
/// a <see cref="System.Threading.RateLimiting.ConcurrencyLimiter"/> for each caller would have to be as small as the smallest share.
/// </summary>
/// <param name="max">Batches of all callers, at most.</param>
/// <param name="maxBytes">Bytes of all batches that are received, at most.</param>
internal sealed class BatchShares(int max, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _held = [];
    private int _all;
    private long _allBytes;

    /// <summary>Counts a batch of <paramref name="caller"/>; null: the caller has its share.</summary>
    public Share? TryAcquire(string caller)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(caller, out var held))
            {
                _held[caller] = held = new Held();
            }

            if (_all == max || held.Batches >= Math.Max(1, max - _all - 1))
            {
                RemoveIfEmpty(caller, held);
                return null;
            }

            _all++;
            held.Batches++;
            return new Share(this, caller, held);
        }
    }

    private bool TryAdd(Held held, long bytes)
    {
        lock (_gate)
        {
            var free = maxBytes - _allBytes - bytes;
            if (free < 0 || (held.Bytes > 0 && held.Bytes + bytes > free))
            {
                return false;
            }

            _allBytes += bytes;
            held.Bytes += bytes;
            return true;
        }
    }

    private void Release(string caller, Held held, long bytes)
    {
        lock (_gate)
        {
            _all--;
            _allBytes -= bytes;
            held.Batches--;
            held.Bytes -= bytes;
            RemoveIfEmpty(caller, held);
        }
    }

    private void RemoveIfEmpty(string caller, Held held)
    {
        if (held.Batches == 0)
        {
            _held.Remove(caller);
        }
    }

    /// <summary>A batch that is counted.</summary>
    internal sealed class Share(BatchShares shares, string caller, Held held) : IDisposable
    {
        private long _bytes;

        /// <summary>Counts bytes of the batch before they are received; false: the caller has its share, or there is no room.</summary>
        public bool TryAdd(long bytes)
        {
            if (!shares.TryAdd(held, bytes))
            {
                return false;
            }

            _bytes += bytes;
            return true;
        }

        /// <summary>Ends the batch.</summary>
        public void Dispose() => shares.Release(caller, held, _bytes);
    }

    /// <summary>What a caller holds.</summary>
    internal sealed class Held
    {
        public int Batches;
        public long Bytes;
    }
}
