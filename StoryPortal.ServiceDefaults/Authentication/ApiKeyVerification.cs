namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The result of verifying an <see cref="ApiKeyCredential"/>.</summary>
/// <param name="Key">The key's identity; null when the key is not valid, or when its validity is unknown.</param>
/// <param name="Unavailable">Whether the key store did not respond and the key was never verified before.</param>
/// <param name="Throttled">Whether the key was not looked up, because its caller's address has presented too many unknown keys.</param>
public sealed record ApiKeyVerification(ApiKeyIdentity? Key, bool Unavailable = false, bool Throttled = false)
{
    /// <summary>The key does not exist, has expired or is revoked.</summary>
    public static ApiKeyVerification Unknown { get; } = new((ApiKeyIdentity?)null);

    /// <summary>The key store did not respond.</summary>
    public static ApiKeyVerification StoreUnavailable { get; } = new(null, Unavailable: true);

    /// <summary>The caller's address has presented too many unknown keys.</summary>
    public static ApiKeyVerification TooManyUnknownKeys { get; } = new(null, Throttled: true);
}
