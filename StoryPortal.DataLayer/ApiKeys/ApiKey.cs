using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.DataLayer.ApiKeys;

/// <summary>A key for callers of the API. The key itself is nowhere in here: only its hash is stored.</summary>
public sealed record ApiKey
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whom or what it belongs to.</summary>
    public required string Name { get; init; }

    /// <summary>What it opens.</summary>
    public required IReadOnlyList<Scope> Scopes { get; init; }

    /// <summary>How many requests a minute it may make, or null for the gateway's default.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends by itself, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}
