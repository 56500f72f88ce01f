namespace StoryPortal.DataLayer.Caching;

/// <summary>A kind of answer that is cached: how long, and how often it should be found there.</summary>
/// <param name="Name">The <c>cache_type</c> of its metrics, and the beginning of its keys.</param>
/// <param name="Duration">How long an answer counts as fresh.</param>
/// <param name="HitRateTarget">The share of lookups that should be hits, 0 to 1; null: none is set.</param>
public sealed record CacheTier(string Name, TimeSpan Duration, double? HitRateTarget)
{
    /// <summary>One agent.</summary>
    public static readonly CacheTier AgentMetadata = new("agent_metadata", TimeSpan.FromSeconds(300), 0.80);

    /// <summary>Services, one or a list.</summary>
    public static readonly CacheTier ServiceRegistry = new("service_registry", TimeSpan.FromSeconds(600), 0.95);

    /// <summary>Configurations of models.</summary>
    public static readonly CacheTier ModelConfigs = new("model_configs", TimeSpan.FromSeconds(1800), null);

    /// <summary>One session.</summary>
    public static readonly CacheTier UserSessions = new("user_sessions", TimeSpan.FromSeconds(3600), 0.90);

    /// <summary>Lists and aggregates.</summary>
    public static readonly CacheTier ApiResponses = new("api_responses", TimeSpan.FromSeconds(60), null);

    /// <summary>Anything else.</summary>
    public static readonly CacheTier Default = new("default", TimeSpan.FromSeconds(300), null);

    /// <summary>The share of all lookups, over every tier, that should be hits.</summary>
    public const double OverallHitRateTarget = 0.80;

    /// <summary>Every tier.</summary>
    public static IReadOnlyList<CacheTier> All { get; } = [AgentMetadata, ServiceRegistry, ModelConfigs, UserSessions, ApiResponses, Default];
}
