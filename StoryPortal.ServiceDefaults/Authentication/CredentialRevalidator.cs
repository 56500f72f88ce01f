using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>Validates the credential of a request again, for responses that stay open longer than the first validation holds.</summary>
public sealed class CredentialRevalidator(KeyVerifier keys, TimeProvider time)
{
    /// <summary>Whether the caller may still receive the response: the key is not revoked, the token has not expired. Anonymous callers may.</summary>
    public async ValueTask<bool> IsValidAsync(HttpContext context) => context.Caller switch
    {
        { AuthenticationType: AuthenticationSchemes.ApiKey } when ApiKeyCredential.From(context) is { } credential =>
            await keys.VerifyAsync(credential) is { Key: not null } or { Unavailable: true },
        { ExpiresAt: { } end } => end > time.GetUtcNow(),
        _ => true,
    };
}
