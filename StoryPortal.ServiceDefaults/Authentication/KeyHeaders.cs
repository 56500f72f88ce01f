using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The headers in which keys are presented.</summary>
public static class KeyHeaders
{
    /// <summary>A caller's key. <c>Authorization: Bearer</c> is taken as well.</summary>
    public const string Api = "X-API-Key";

    /// <summary>The key by which processes of one system know each other.</summary>
    public const string Internal = "X-Internal-Key";

    private const string BearerPrefix = "Bearer ";

    /// <summary>The key that a caller presents, <c>X-API-Key</c> before <c>Authorization: Bearer</c>; null when there is none. An empty header presents no key.</summary>
    public static string? Presented(HttpRequest request)
    {
        if (request.Headers[Api].FirstOrDefault() is { Length: > 0 } key)
        {
            return key;
        }

        return request.Headers.Authorization.FirstOrDefault() is { } authorization
            && authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            && authorization[BearerPrefix.Length..].Trim() is { Length: > 0 } token ? token : null;
    }
}
