using System.Security.Cryptography;
using System.Text;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>A secret that callers present. Only its SHA-256 is kept, and comparing takes the same time whatever is presented.</summary>
public sealed class SecretKey
{
    private readonly byte[]? _hash;

    /// <summary>Keeps the hash of <paramref name="secret"/>; an empty secret matches nothing.</summary>
    public SecretKey(string secret) => _hash = secret.Length == 0 ? null : Hash(secret);

    /// <summary>Whether <paramref name="presented"/> is the secret.</summary>
    public bool Matches(string? presented) =>
        _hash is not null && presented is { Length: > 0 } && CryptographicOperations.FixedTimeEquals(_hash, Hash(presented));

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
