using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.DataLayer.ApiKeys;

/// <summary>A key that was just made, and the only time that its text is shown.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Whom or what it belongs to.</param>
/// <param name="Scopes">What it opens.</param>
/// <param name="Key">Its text.</param>
/// <param name="RequestsPerMinute">How many requests a minute it may make, or null for the gateway's default.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends by itself, or null for never.</param>
public sealed record ApiKeyWithSecret(
    Guid Id, string Name, IReadOnlyList<Scope> Scopes, string Key, int? RequestsPerMinute, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    /// <summary>The key with its text.</summary>
    public ApiKeyWithSecret(ApiKey key, string secret)
        : this(key.Id, key.Name, key.Scopes, secret, key.RequestsPerMinute, key.CreatedAt, key.ExpiresAt)
    {
    }
}
