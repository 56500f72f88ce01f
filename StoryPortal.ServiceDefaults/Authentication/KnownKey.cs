namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>What is known of a key that is valid: whom it belongs to and what it opens.</summary>
/// <param name="Id">The key's id; of the admin key that the host gave, zero.</param>
/// <param name="Name">Whom or what it belongs to.</param>
/// <param name="Scopes">What it opens.</param>
/// <param name="RequestsPerMinute">How many requests a minute it may make, or null for the default.</param>
/// <param name="ExpiresAt">When it ends, or null for never.</param>
public sealed record KnownKey(Guid Id, string Name, IReadOnlyList<Scope> Scopes, int? RequestsPerMinute = null, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>Whether it opens what takes <paramref name="scope"/>.</summary>
    public bool Opens(Scope scope)
    {
        for (var i = 0; i < Scopes.Count; i++)
        {
            if (Scopes[i] == scope || Scopes[i] == Scope.Admin)
            {
                return true;
            }
        }

        return false;
    }
}
