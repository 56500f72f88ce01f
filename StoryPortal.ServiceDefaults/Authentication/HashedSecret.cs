using System.Security.Cryptography;
using System.Text;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The SHA-256 of a secret. A comparison takes the same time whatever it is compared with.</summary>
public sealed class HashedSecret
{
    private readonly byte[]? _hash;

    /// <summary>Hashes <paramref name="secret"/>; an empty secret matches nothing.</summary>
    public HashedSecret(string secret) => _hash = secret.Length == 0 ? null : Hash(secret);

    /// <summary>Whether <paramref name="presented"/> is the secret.</summary>
    public bool Matches(string? presented) =>
        _hash is not null && presented is { Length: > 0 } && CryptographicOperations.FixedTimeEquals(_hash, Hash(presented));

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
