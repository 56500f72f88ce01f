namespace StoryPortal.DataLayer.Caching;

/// <summary>A kind of answer that is cached. How often it should be found there is one of the product's performance targets.</summary>
/// <param name="Name">The <c>cache_type</c> of its metrics, and the beginning of its keys.</param>
/// <param name="Duration">How long an answer counts as fresh.</param>
public sealed record CacheTier(string Name, TimeSpan Duration)
{
    /// <summary>One agent.</summary>
    public static readonly CacheTier AgentMetadata = new("agent_metadata", TimeSpan.FromSeconds(300));

    /// <summary>Services, one or a list.</summary>
    public static readonly CacheTier ServiceRegistry = new("service_registry", TimeSpan.FromSeconds(600));

    /// <summary>Configurations of models.</summary>
    public static readonly CacheTier ModelConfigs = new("model_configs", TimeSpan.FromSeconds(1800));

    /// <summary>One session.</summary>
    public static readonly CacheTier UserSessions = new("user_sessions", TimeSpan.FromSeconds(3600));

    /// <summary>Lists and aggregates.</summary>
    public static readonly CacheTier ApiResponses = new("api_responses", TimeSpan.FromSeconds(60));

    /// <summary>Anything else.</summary>
    public static readonly CacheTier Default = new("default", TimeSpan.FromSeconds(300));

    /// <summary>Every tier.</summary>
    public static IReadOnlyList<CacheTier> All { get; } = [AgentMetadata, ServiceRegistry, ModelConfigs, UserSessions, ApiResponses, Default];
}
