using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>JSON Web Tokens beside API keys.</summary>
internal static class JwtExtensions
{
    private const int MaxNameLength = 200;

    // A request waits for the authority only while the signing keys are not known.
    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(2);

    // RFC 8693 and RFC 9068 (scope), Microsoft Entra (scp of users, roles of applications).
    private static readonly string[] ScopeClaims = ["scope", "scp", "roles"];

    // OpenID Connect, then the client of a token that belongs to no person.
    private static readonly string[] NameClaims = ["name", "preferred_username", "client_id", "azp", "appid", "sub"];

    /// <summary>Adds the JWT scheme, and a scheme that forwards by the shape of the credential.</summary>
    public static void AddJwt(this AuthenticationBuilder authentication, JwtOptions options) => authentication
        .AddPolicyScheme(AuthenticationSchemes.Either, null, forwarding => forwarding.ForwardDefaultSelector = SchemeOf)
        .AddJwtBearer(AuthenticationSchemes.Jwt, jwt =>
        {
            jwt.Authority = options.Authority;
            jwt.Audience = options.Audience;
            jwt.RequireHttpsMetadata = options.RequireHttpsMetadata;
            jwt.BackchannelTimeout = BackchannelTimeout;
            jwt.MapInboundClaims = false;
            jwt.SaveToken = false;
            jwt.Events = new JwtBearerEvents
            {
                OnTokenValidated = SetCaller,
                OnAuthenticationFailed = CheckAuthorityAsync,
                OnChallenge = ChallengeAsync,
                OnForbidden = context => AuthenticationProblems.ScopeMissingAsync(context.HttpContext),
            };
        });

    // Three Base64url parts, of which the first begins with {". An API key has no dots.
    private static string SchemeOf(HttpContext context) =>
        ApiKeyCredential.KeyIn(context.Request) is null
        && ApiKeyCredential.BearerTokenIn(context.Request) is { } token
        && token.StartsWith("eyJ", StringComparison.Ordinal) && token.AsSpan().Count('.') == 2
            ? AuthenticationSchemes.Jwt
            : AuthenticationSchemes.ApiKey;

    private static Task SetCaller(TokenValidatedContext context)
    {
        if (context.Principal!.FindFirst("sub")?.Value is not { Length: > 0 } subject)
        {
            context.Fail("The token has no subject.");
            return Task.CompletedTask;
        }

        var principal = context.Principal;
        var name = NameClaims.Select(claim => principal.FindFirst(claim)?.Value).First(value => !string.IsNullOrWhiteSpace(value))!;
        var identity = new CallerIdentity(
            AuthenticationSchemes.Jwt, CallerIdentity.IdOfSubject(subject), name.Length > MaxNameLength ? name[..MaxNameLength] : name,
            ScopesOf(principal))
        {
            ExpiresAt = context.SecurityToken.ValidTo,
        };
        context.Principal = identity.ToPrincipal();
        return Task.CompletedTask;
    }

    private static IEnumerable<Scope> ScopesOf(ClaimsPrincipal principal) => principal.Claims
        .Where(claim => ScopeClaims.Contains(claim.Type))
        .SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(AuthorizationPolicies.ScopeNamed)
        .OfType<Scope>()
        .Distinct();

    // Without the authority's signing keys every token fails; 401 would make callers discard valid ones.
    private static async Task CheckAuthorityAsync(AuthenticationFailedContext context)
    {
        try
        {
            await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (InvalidOperationException exception)
        {
            context.Fail(new CredentialUnverifiableException("The authority does not respond.", exception));
        }
    }

    private static Task ChallengeAsync(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        return context.AuthenticateFailure is CredentialUnverifiableException
            ? AuthenticationProblems.CredentialUnverifiableAsync(context.HttpContext)
            : AuthenticationProblems.TokenInvalidAsync(context.HttpContext);
    }
}
