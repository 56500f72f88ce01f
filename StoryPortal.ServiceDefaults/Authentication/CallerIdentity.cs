using System.Globalization;
using System.Security.Claims;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The identity of an authenticated caller, whichever scheme made it. Its properties repeat the claims, so that no request searches them.</summary>
public sealed class CallerIdentity : ClaimsIdentity
{
    /// <summary>The claim type of a scope; a claim for each.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>The claim type of the caller's own rate limit, in requests a minute.</summary>
    public const string RateClaim = "requests_per_minute";

    private const string SubjectPrefix = "jwt:";

    private readonly ScopeSet _scopes;

    /// <summary>Makes the identity of a caller.</summary>
    /// <param name="scheme">The authentication scheme.</param>
    /// <param name="id">The caller's id, unique in this system.</param>
    /// <param name="name">The caller's name.</param>
    /// <param name="scopes">The scopes that the credential grants.</param>
    /// <param name="requestsPerMinute">The caller's own rate limit; null: the gateway's default.</param>
    public CallerIdentity(string scheme, string id, string name, IEnumerable<Scope> scopes, int? requestsPerMinute = null)
        : base(scheme)
    {
        (Id, Name, RequestsPerMinute) = (id, name, requestsPerMinute);
        AddClaim(new Claim(ClaimTypes.NameIdentifier, id));
        AddClaim(new Claim(ClaimTypes.Name, name));
        foreach (var scope in scopes)
        {
            _scopes |= FlagOf(scope);
            AddClaim(new Claim(ScopeClaim, AuthorizationPolicies.NameOf(scope)));
        }

        if (requestsPerMinute is { } rate)
        {
            AddClaim(new Claim(RateClaim, rate.ToString(CultureInfo.InvariantCulture), ClaimValueTypes.Integer32));
        }
    }

    [Flags]
    private enum ScopeSet
    {
        None = 0,
        Read = 1,
        Write = 2,
        Admin = 4,
        Operations = 8,
    }

    /// <summary>The caller's id: of an API key its id, of a JWT <c>jwt:</c> and the subject.</summary>
    public string Id { get; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>The caller's own rate limit in requests a minute; null: the gateway's default.</summary>
    public int? RequestsPerMinute { get; }

    /// <summary>When the credential expires; null: never, or the key store decides.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The id of a caller with a JWT.</summary>
    public static string IdOfSubject(string subject) => SubjectPrefix + subject;

    /// <summary>The subject of the JWT whose callers have <paramref name="id"/>; null: the id of a key.</summary>
    public static string? SubjectOf(string id) =>
        id.StartsWith(SubjectPrefix, StringComparison.Ordinal) ? id[SubjectPrefix.Length..] : null;

    /// <summary>Whether the caller has <paramref name="scope"/>, or the scope admin.</summary>
    public bool HasScope(Scope scope) => (_scopes & (FlagOf(scope) | ScopeSet.Admin)) != 0;

    /// <summary>A principal with this identity alone.</summary>
    public ClaimsPrincipal ToPrincipal() => new(this);

    private static ScopeSet FlagOf(Scope scope) => scope switch
    {
        Scope.Read => ScopeSet.Read,
        Scope.Write => ScopeSet.Write,
        Scope.Operations => ScopeSet.Operations,
        _ => ScopeSet.Admin,
    };
}
