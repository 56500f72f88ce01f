namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>How long <see cref="KeyVerifier"/> caches the result of a verification.</summary>
internal sealed record KeyCacheOptions
{
    /// <summary>How long a valid key is accepted without another lookup: the bound of a revocation while Redis is away.</summary>
    public TimeSpan ValidTtl { get; init; } = KeyVerifier.Fresh;

    /// <summary>The part of <see cref="ValidTtl"/> after which a key in use is looked up beside the requests.</summary>
    public float EagerRefreshThreshold { get; init; } = 0.75f;

    /// <summary>How long after its last lookup a valid key is accepted while the key store is away.</summary>
    public TimeSpan FailSafeTtl { get; init; } = KeyVerifier.Trusted;

    /// <summary>How long an unknown key is refused without another lookup.</summary>
    public TimeSpan UnknownTtl { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Maximum number of unknown keys in the cache.</summary>
    public int MaxUnknownKeys { get; init; } = 10_000;

    /// <summary>How long a lookup waits for its turn; a wait that times out is no failure of the key store.</summary>
    public TimeSpan TurnTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the key store may take to respond.</summary>
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Maximum number of lookups at the same time.</summary>
    public int MaxConcurrentLookups { get; init; } = 16;

    /// <summary>Maximum number of lookups at the same time that one address causes.</summary>
    public int MaxConcurrentLookupsPerAddress { get; init; } = 4;

    /// <summary>Maximum number of unknown keys of one address in a minute; above, no further key from there is looked up.</summary>
    public int MaxUnknownKeysPerAddress { get; init; } = 600;

    /// <summary>Number of lookups in succession that fail before lookups pause for <see cref="RetryDelay"/>.</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>How long no lookup starts while the key store is away.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);
}
