using System.Net;
using System.Threading.RateLimiting;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Limits the lookups of keys that one address causes: how many run at the same time, and how many keys of a minute may be unknown.
/// Authentication precedes the rate limiter, so that without these limits a flood of invented keys would take all lookups.
/// </summary>
internal sealed class LookupLimiter : IDisposable
{
    // As many as a gateway serves at a time: after a restart all keys behind one address are new to it.
    private const int QueueLimit = 1000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> _concurrency;
    private readonly PartitionedRateLimiter<IPAddress> _unknownKeys;

    /// <summary>Creates the limits of <paramref name="options"/>.</summary>
    public LookupLimiter(KeyCacheOptions options)
    {
        _concurrency = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetConcurrencyLimiter(
            ClientNetwork.Get(address),
            _ => new ConcurrencyLimiterOptions { PermitLimit = options.MaxConcurrentLookupsPerAddress, QueueLimit = QueueLimit }));
        _unknownKeys = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetFixedWindowLimiter(
            ClientNetwork.Get(address),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = options.MaxUnknownKeysPerAddress, Window = Window }));
    }

    /// <summary>Waits until the address may look up a further key; the lease is that of the lookup.</summary>
    /// <exception cref="TooManyUnknownKeysException">The address has presented too many unknown keys.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<RateLimitLease> AcquireAsync(IPAddress address, CancellationToken cancellationToken)
    {
        ThrowIfExhausted(address);
        var lease = await _concurrency.AcquireAsync(address, 1, cancellationToken);
        try
        {
            if (!lease.IsAcquired)
            {
                throw new OperationCanceledException("Too many lookups of the same address are waiting.");
            }

            ThrowIfExhausted(address); // by lookups that preceded this one in the queue
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Counts a key that the key store does not know.</summary>
    public void AddUnknown(IPAddress address) => _unknownKeys.AttemptAcquire(address).Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _concurrency.Dispose();
        _unknownKeys.Dispose();
    }

    private void ThrowIfExhausted(IPAddress address)
    {
        using var lease = _unknownKeys.AttemptAcquire(address, 0); // zero permits: whether one is left
        if (!lease.IsAcquired)
        {
            throw new TooManyUnknownKeysException();
        }
    }
}
