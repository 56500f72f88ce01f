using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The problems of requests that are not authenticated or not authorized, with the challenges of RFC 6750. None repeats a credential.</summary>
internal static class AuthenticationProblems
{
    private const string RetryAfterSeconds = "2";
    private const string RetryAfterUnknownKeysSeconds = "60"; // the window of LookupLimiter

    /// <summary>401: the request has no credential.</summary>
    public static Task CredentialMissingAsync(HttpContext context) =>
        WriteAsync(context, StatusCodes.Status401Unauthorized, "Bearer", $"This call needs a key: send it as {KeyHeaders.Api}.");

    /// <summary>401: the API key is not valid.</summary>
    public static Task KeyInvalidAsync(HttpContext context) =>
        WriteAsync(context, StatusCodes.Status401Unauthorized, "Bearer error=\"invalid_token\"", "The key is not known, or it has expired or been revoked.");

    /// <summary>401: the JWT is not valid.</summary>
    public static Task TokenInvalidAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status401Unauthorized, "Bearer error=\"invalid_token\"", "The token is not valid: its signature, issuer, audience or lifetime is not accepted.");

    /// <summary>403: the credential lacks a scope that the endpoint needs.</summary>
    public static Task ScopeMissingAsync(HttpContext context)
    {
        var caller = context.Caller;
        foreach (var scope in AuthorizationPolicies.ScopesOf(context.GetEndpoint()?.Metadata ?? [], context.Request.Method))
        {
            if (caller?.HasScope(scope) != true)
            {
                var name = AuthorizationPolicies.NameOf(scope);
                return WriteAsync(
                    context, StatusCodes.Status403Forbidden, $"Bearer error=\"insufficient_scope\", scope=\"{name}\"", $"This call needs a key with the scope '{name}'.");
            }
        }

        return WriteAsync(context, StatusCodes.Status403Forbidden, "Bearer error=\"insufficient_scope\"", "The key does not permit this call.");
    }

    /// <summary>503: after 401 callers would discard a credential that may be valid.</summary>
    public static Task CredentialUnverifiableAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, null, "The key cannot be checked at the moment. Try again.");
    }

    /// <summary>429: the caller's address has presented too many keys that do not exist.</summary>
    public static Task TooManyUnknownKeysAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfterUnknownKeysSeconds;
        const string Detail = "This address has sent too many unknown API keys: no new key from the address is checked for up to a minute.";
        return WriteAsync(context, StatusCodes.Status429TooManyRequests, null, Detail);
    }

    private static Task WriteAsync(HttpContext context, int status, string? challenge, string detail)
    {
        context.Response.Headers.WWWAuthenticate = challenge;
        return TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
    }
}
