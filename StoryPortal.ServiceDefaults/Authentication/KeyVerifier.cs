using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ZiggyCreatures.Caching.Fusion;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// Verifies API keys and caches the results by the key's hash. A valid key is looked up once a minute, beside the requests while it is in use, and
/// stays valid for ten minutes while its source is away. An unknown key is cached for some seconds. <see cref="Forget"/> acts at once.
/// </summary>
public sealed partial class KeyVerifier : IDisposable
{
    /// <summary>How long a finding counts.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(60);

    /// <summary>How long a valid key counts while its source cannot be reached.</summary>
    public static readonly TimeSpan Trusted = TimeSpan.FromMinutes(10);

    private const int MaxConcurrentLookups = 32;

    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(2);

    private readonly IKeySource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KeyCacheOptions _options;
    private readonly MemoryCache _memory;
    private readonly FusionCache _cache;
    private readonly FusionCacheEntryOptions _entryOptions;
    private readonly FusionCacheEntryOptions _staleOptions;
    private readonly SemaphoreSlim _lookups = new(MaxConcurrentLookups);
    private readonly KeyHash? _adminHash;
    private readonly ApiKeyVerification _admin = new(new ApiKeyIdentity(Guid.Empty, "admin", [Scope.Admin]));
    private long _failedAt = long.MinValue;
    private int _forgotten;

    /// <summary>Verifies keys that <paramref name="source"/> knows, and the admin key of <paramref name="options"/>.</summary>
    public KeyVerifier(IKeySource source, IOptions<SystemKeyOptions> options, TimeProvider time, ILogger<KeyVerifier> logger)
        : this(source, options, time, logger, new KeyCacheOptions())
    {
    }

    internal KeyVerifier(
        IKeySource source, IOptions<SystemKeyOptions> options, TimeProvider time, ILogger<KeyVerifier> logger, KeyCacheOptions cacheOptions)
    {
        (_source, _time, _logger, _options) = (source, time, logger, cacheOptions);
        _adminHash = options.Value.AdminKey.Length > 0 ? KeyHash.Of(options.Value.AdminKey) : null;
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
        _staleOptions = _entryOptions.Duplicate().SetAllowStaleOnReadOnly();
    }

    /// <summary>Number of keys in the cache.</summary>
    internal int CachedKeys => _memory.Count;

    /// <summary>Verifies <paramref name="presented"/>; looks the key up only when no result is cached.</summary>
    public ValueTask<ApiKeyVerification> VerifyAsync(ApiKeyCredential presented) =>
        WithoutLookup(presented) is { } verification ? new(verification) : GetAsync(presented.Hash);

    /// <summary>Evicts a key that was changed or revoked, and rejects the result of a lookup that has begun.</summary>
    public void Forget(KeyHash hash)
    {
        Interlocked.Increment(ref _forgotten);
        var cacheKey = hash.ToString();
        if (_cache.TryGet<Finding>(cacheKey, _staleOptions) is { HasValue: true, Value: var finding })
        {
            finding.IsForgotten = true;
        }

        _cache.Remove(cacheKey);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _memory.Dispose();
        _lookups.Dispose();
    }

    private ApiKeyVerification? WithoutLookup(ApiKeyCredential presented) =>
        _adminHash is { } admin && admin == presented.Hash ? _admin : !presented.IsWellFormed ? ApiKeyVerification.Unknown : null;

    private async ValueTask<ApiKeyVerification> GetAsync(KeyHash hash)
    {
        var cacheKey = hash.ToString();
        try
        {
            while (true)
            {
                var finding = await _cache.GetOrSetAsync<Finding>(cacheKey, (context, _) => LookUpAsync(hash, context), _entryOptions);
                if (!finding.IsForgotten)
                {
                    return finding.Verification.Key?.ExpiresAt <= _time.GetUtcNow() ? ApiKeyVerification.Unknown : finding.Verification;
                }

                _cache.Remove(cacheKey); // fail-safe serves the entry that was there before a lookup which failed
            }
        }
        catch (Exception) // LookUpAsync has logged it
        {
            return ApiKeyVerification.StoreUnavailable;
        }
    }

    private async Task<Finding> LookUpAsync(KeyHash hash, FusionCacheFactoryExecutionContext<Finding> context)
    {
        if (_failedAt != long.MinValue && _time.GetElapsedTime(_failedAt) < _options.RetryDelay)
        {
            throw new TimeoutException("The last lookup of a key failed a moment ago.");
        }

        try
        {
            var finding = await AskAsync(hash);
            _failedAt = long.MinValue;
            if (finding.Verification.Key is null)
            {
                context.Options.SetDuration(_options.UnknownTtl).SetFailSafe(false).SetPriority(CacheItemPriority.Low).SetSize(1).SetEagerRefresh(null);
            }

            return finding;
        }
        catch (Exception exception)
        {
            if (_failedAt == long.MinValue)
            {
                LogUnreachable(exception.Message);
            }

            _failedAt = _time.GetTimestamp();
            throw;
        }
    }

    // A lookup beside which a key was revoked may have read the key from before: it is repeated.
    private async Task<Finding> AskAsync(KeyHash hash)
    {
        using var deadline = new CancellationTokenSource(LookupTimeout, _time);
        await _lookups.WaitAsync(deadline.Token);
        try
        {
            while (true)
            {
                var forgotten = Volatile.Read(ref _forgotten);
                var key = await _source.FindAsync(hash, deadline.Token);
                if (forgotten == Volatile.Read(ref _forgotten))
                {
                    return new Finding(key is null ? ApiKeyVerification.Unknown : new ApiKeyVerification(key));
                }
            }
        }
        finally
        {
            _lookups.Release();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The key store cannot be reached: keys that are known stay valid for ten minutes. {Reason}")]
    private partial void LogUnreachable(string reason);

    private sealed class Finding(ApiKeyVerification verification)
    {
        public ApiKeyVerification Verification { get; } = verification;

        public volatile bool IsForgotten;
    }
}
