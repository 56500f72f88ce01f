namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// How many batches a hub has, of all callers and of each. A caller may have as many as are free, so that some are always left for others;
/// a <see cref="System.Threading.RateLimiting.ConcurrencyLimiter"/> for each caller would have to be as small as the smallest share.
/// </summary>
/// <param name="max">Batches of all callers, at most.</param>
internal sealed class BatchShares(int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _held = [];
    private int _all;

    /// <summary>Counts a batch of <paramref name="caller"/>; false: it has its share.</summary>
    public bool TryAcquire(string caller)
    {
        lock (_gate)
        {
            var held = _held.GetValueOrDefault(caller) + 1;
            if (_all == max || held > Math.Max(1, max - _all - 1))
            {
                return false;
            }

            _all++;
            _held[caller] = held;
            return true;
        }
    }

    /// <summary>Ends a batch of <paramref name="caller"/>.</summary>
    public void Release(string caller)
    {
        lock (_gate)
        {
            _all--;
            if (--_held[caller] is var held && held == 0)
            {
                _held.Remove(caller);
            }
        }
    }
}
