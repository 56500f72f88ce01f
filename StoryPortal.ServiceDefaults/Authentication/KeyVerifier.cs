using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZiggyCreatures.Caching.Fusion;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Verifies API keys and caches the results by the key's hash. A valid key is looked up once a minute, beside the requests while it is in
/// use, and stays valid for ten minutes while its source is away. An unknown key is cached for some seconds. <see cref="Forget"/> acts at
/// once. Lookups are bounded, in all and for each address (<see cref="LookupLimiter"/>).
/// </summary>
public sealed partial class KeyVerifier : IDisposable
{
    /// <summary>How long a finding counts.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(60);

    /// <summary>How long a valid key counts while its source cannot be reached.</summary>
    public static readonly TimeSpan Trusted = TimeSpan.FromMinutes(10);

    // Longer than any lookup takes, whose result may be from before the change.
    private static readonly TimeSpan ChangeTtl = TimeSpan.FromMinutes(1);

    private readonly IKeySource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KeyCacheOptions _options;
    private readonly MemoryCache _memory;
    private readonly FusionCache _cache;
    private readonly FusionCacheEntryOptions _entryOptions;
    private readonly SemaphoreSlim _lookups;
    private readonly LookupLimiter _limiter;
    private readonly KeyHash? _adminHash;
    private readonly ApiKeyVerification _admin = new(new ApiKeyIdentity(Guid.Empty, "admin", [Scope.Admin]));
    private readonly ConcurrentDictionary<KeyHash, Change> _changes = new();
    private long _pausedAt;
    private int _failures;
    private int _lastChange;

    /// <summary>Verifies keys that <paramref name="source"/> knows, and the admin key of <paramref name="options"/>.</summary>
    public KeyVerifier(IKeySource source, IOptions<SystemKeyOptions> options, TimeProvider time, ILogger<KeyVerifier> logger)
        : this(
            source, options, time, logger,
            new KeyCacheOptions { LookupTimeout = options.Value.LookupTimeout, TurnTimeout = options.Value.LookupTimeout })
    {
    }

    internal KeyVerifier(
        IKeySource source, IOptions<SystemKeyOptions> options, TimeProvider time, ILogger<KeyVerifier> logger, KeyCacheOptions cacheOptions)
    {
        (_source, _time, _logger, _options) = (source, time, logger, cacheOptions);
        _adminHash = options.Value.AdminKey.Length > 0 ? KeyHash.Of(options.Value.AdminKey) : null;
        _lookups = new SemaphoreSlim(cacheOptions.MaxConcurrentLookups);
        _limiter = new LookupLimiter(cacheOptions);
        _memory = new MemoryCache(new MemoryCacheOptions { SizeLimit = cacheOptions.MaxUnknownKeys });
        _cache = new FusionCache(new FusionCacheOptions { DisableTagging = true, EnableAutoRecovery = false, EnableBestPracticesAdvisor = false }, _memory);
        _entryOptions = new FusionCacheEntryOptions
        {
            Duration = cacheOptions.ValidTtl,
            EagerRefreshThreshold = cacheOptions.EagerRefreshThreshold,
            IsFailSafeEnabled = true,
            FailSafeMaxDuration = cacheOptions.FailSafeTtl,
            FailSafeThrottleDuration = cacheOptions.RetryDelay,
            Size = 0, // valid keys do not count towards the limit, so that unknown ones cannot displace them
        };
    }

    /// <summary>Number of keys in the cache.</summary>
    internal int CachedKeys => _memory.Count;

    /// <summary>Verifies <paramref name="presented"/>; looks the key up only when no result is cached.</summary>
    /// <param name="presented">The key.</param>
    /// <param name="address">The caller's address, whose limits hold for a lookup; null: those of no address.</param>
    public ValueTask<ApiKeyVerification> VerifyAsync(ApiKeyCredential presented, IPAddress? address = null) =>
        WithoutLookup(presented) is { } verification ? new(verification) : GetAsync(presented.Hash, address);

    /// <summary>Evicts a key that was changed or revoked, and rejects the result of a lookup that has begun.</summary>
    public void Forget(KeyHash hash)
    {
        foreach (var (other, change) in _changes)
        {
            if (_time.GetElapsedTime(change.Timestamp) > ChangeTtl)
            {
                _changes.TryRemove(KeyValuePair.Create(other, change));
            }
        }

        _changes[hash] = new Change(Interlocked.Increment(ref _lastChange), _time.GetTimestamp());
        _cache.Remove(hash.ToString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _memory.Dispose();
        _lookups.Dispose();
        _limiter.Dispose();
    }

    private ApiKeyVerification? WithoutLookup(ApiKeyCredential presented) =>
        _adminHash is { } admin && admin == presented.Hash ? _admin : !presented.IsWellFormed ? ApiKeyVerification.Unknown : null;

    private async ValueTask<ApiKeyVerification> GetAsync(KeyHash hash, IPAddress? address)
    {
        var cacheKey = hash.ToString();
        try
        {
            while (true)
            {
                var finding = await _cache.GetOrSetAsync<Finding>(
                    cacheKey, (context, _) => LookUpAsync(hash, address, context), _entryOptions);
                if (!IsOutdated(hash, finding))
                {
                    return finding.Verification.Key?.ExpiresAt <= _time.GetUtcNow() ? ApiKeyVerification.Unknown : finding.Verification;
                }

                _cache.Remove(cacheKey);
            }
        }
        catch (TooManyUnknownKeysException)
        {
            return ApiKeyVerification.TooManyUnknownKeys;
        }
        catch (Exception) // AskAsync has logged what failed
        {
            return ApiKeyVerification.StoreUnavailable;
        }
    }

    // The cache may store the result of a lookup after the change was received, and fail-safe serves the entry from before a lookup that
    // failed.
    private bool IsOutdated(KeyHash hash, Finding finding) =>
        finding.LastChange != Volatile.Read(ref _lastChange)
        && _changes.TryGetValue(hash, out var change) && finding.LastChange < change.Number;

    private async Task<Finding> LookUpAsync(KeyHash hash, IPAddress? address, FusionCacheFactoryExecutionContext<Finding> context)
    {
        ThrowIfPaused();
        Activity.Current = null; // several requests wait for a lookup: it is part of no request's trace
        using var turn = new CancellationTokenSource(_options.TurnTimeout, _time);

        // A key that was valid is looked up again whatever else its address sends.
        var limited = context.HasStaleValue ? null : address;
        using var lease = limited is null ? null : await _limiter.AcquireAsync(limited, turn.Token);
        await _lookups.WaitAsync(turn.Token);
        try
        {
            var finding = await AskAsync(hash);
            if (finding.Verification.Key is null)
            {
                context.Options.SetDuration(_options.UnknownTtl).SetFailSafe(false).SetPriority(CacheItemPriority.Low).SetSize(1).SetEagerRefresh(null);
                if (limited is not null)
                {
                    _limiter.AddUnknown(limited);
                }
            }

            return finding;
        }
        finally
        {
            _lookups.Release();
        }
    }

    // While the key store is away one lookup a second finds out; all others would only wait for their timeout.
    private void ThrowIfPaused()
    {
        if (Volatile.Read(ref _failures) >= _options.MaxFailures
            && _time.GetElapsedTime(Volatile.Read(ref _pausedAt)) < _options.RetryDelay)
        {
            throw new TimeoutException("Lookups of keys are paused, because the last lookups failed.");
        }
    }

    private async Task<Finding> AskAsync(KeyHash hash)
    {
        using var deadline = new CancellationTokenSource(_options.LookupTimeout, _time);
        try
        {
            var lastChange = Volatile.Read(ref _lastChange); // before the read
            var key = await _source.FindAsync(hash, deadline.Token);
            Volatile.Write(ref _failures, 0);
            return new Finding(key is null ? ApiKeyVerification.Unknown : new ApiKeyVerification(key), lastChange);
        }
        catch (Exception exception)
        {
            Volatile.Write(ref _pausedAt, _time.GetTimestamp());
            if (Interlocked.Increment(ref _failures) == 1)
            {
                LogUnreachable(exception.Message);
            }

            throw;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The key store cannot be reached: keys that are known stay valid for ten minutes. {Reason}")]
    private partial void LogUnreachable(string reason);

    /// <summary>The result of a lookup.</summary>
    /// <param name="Verification">The result.</param>
    /// <param name="LastChange">Number of the last change that had been received when the lookup began.</param>
    private sealed record Finding(ApiKeyVerification Verification, int LastChange);

    private readonly record struct Change(int Number, long Timestamp);
}
