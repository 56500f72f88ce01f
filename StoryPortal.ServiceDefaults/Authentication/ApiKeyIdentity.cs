using Microsoft.AspNetCore.Authentication;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>What the key store knows of a valid API key. The hub sends it to gateways as JSON.</summary>
/// <param name="Id">The key's id; zero for the admin key of <see cref="SystemKeyOptions"/>.</param>
/// <param name="Name">The name of the key's owner.</param>
/// <param name="Scopes">The scopes of the key.</param>
/// <param name="RequestsPerMinute">The key's own rate limit; null: the gateway's default.</param>
/// <param name="ExpiresAt">When the key expires; null: never.</param>
public sealed record ApiKeyIdentity(Guid Id, string Name, IReadOnlyList<Scope> Scopes, int? RequestsPerMinute = null, DateTimeOffset? ExpiresAt = null)
{
    // Cached with the verified key, so that a request allocates no principal.
    internal AuthenticateResult Result => field ??= AuthenticateResult.Success(new AuthenticationTicket(
        new CallerIdentity(AuthenticationSchemes.ApiKey, Id.ToString(), Name, Scopes, RequestsPerMinute).ToPrincipal(), AuthenticationSchemes.ApiKey));

    /// <summary>Whether the key has <paramref name="scope"/>, or the scope admin.</summary>
    public bool HasScope(Scope scope) => Scopes.Contains(scope) || Scopes.Contains(Scope.Admin);
}
