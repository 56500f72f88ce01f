using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>What is answered to callers who are not let in (RFC 6750). No answer repeats a key.</summary>
public static class Refusals
{
    private const string RetryAfterSeconds = "2";

    /// <summary>401: there is no key.</summary>
    public static Task KeyMissingAsync(HttpContext context) =>
        RefuseAsync(context, StatusCodes.Status401Unauthorized, "Bearer", $"This call needs a key: send it as {KeyHeaders.Api}.");

    /// <summary>401: the key is not valid.</summary>
    public static Task KeyUnknownAsync(HttpContext context) =>
        RefuseAsync(context, StatusCodes.Status401Unauthorized, "Bearer error=\"invalid_token\"", "The key is not known, or it has expired or been revoked.");

    /// <summary>403: the key does not open this.</summary>
    public static Task ScopeMissingAsync(HttpContext context, Scope scope)
    {
        var name = scope switch { Scope.Read => "read", Scope.Write => "write", _ => "admin" };
        return RefuseAsync(
            context, StatusCodes.Status403Forbidden, $"Bearer error=\"insufficient_scope\", scope=\"{name}\"", $"This call needs a key with the scope '{name}'.");
    }

    /// <summary>503: 401 would make callers throw away a key that may well be valid.</summary>
    public static Task KeyUnavailableAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, null, "The key cannot be checked at the moment. Try again.");
    }

    private static Task RefuseAsync(HttpContext context, int status, string? challenge, string detail)
    {
        context.Response.Headers.WWWAuthenticate = challenge;
        return TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);
    }
}
