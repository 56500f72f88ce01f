namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The names of the authentication schemes.</summary>
public static class AuthenticationSchemes
{
    /// <summary>API keys, <c>X-API-Key</c> or <c>Authorization: Bearer</c>.</summary>
    public const string ApiKey = "ApiKey";

    /// <summary>JSON Web Tokens, <c>Authorization: Bearer</c>; only with <see cref="JwtOptions.Authority"/>.</summary>
    public const string Jwt = "Jwt";

    /// <summary>Forwards to one of the others, by the shape of the credential.</summary>
    internal const string Either = "ApiKeyOrJwt";
}
