using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>The SHA-256 of a key: all that is ever stored, cached or sent of it. Two are compared in constant time.</summary>
public readonly struct KeyHash : IEquatable<KeyHash>
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    // No key is longer: what is presented beyond it is not looked at.
    private const int LongestKey = 512;

    private readonly Bytes _bytes;

    private KeyHash(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    /// <summary>The hash of <paramref name="key"/>.</summary>
    public static KeyHash Of(string key)
    {
        Span<byte> utf8 = stackalloc byte[LongestKey];
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(Encoding.UTF8.TryGetBytes(key, utf8, out var written) ? utf8[..written] : Encoding.UTF8.GetBytes(key), hash);
        return new KeyHash(hash);
    }

    /// <summary>The hash in <paramref name="bytes"/>, of which there are <see cref="Length"/>.</summary>
    public static KeyHash From(byte[] bytes) => new(bytes.AsSpan(0, Length));

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(string? hex, out KeyHash hash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        var valid = hex?.Length == Length * 2 && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        hash = valid ? new KeyHash(bytes) : default;
        return valid;
    }

    /// <summary>The bytes, to be stored.</summary>
    public byte[] ToArray() => ((ReadOnlySpan<byte>)_bytes).ToArray();

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(_bytes);

    /// <inheritdoc/>
    public bool Equals(KeyHash other) => CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => MemoryMarshal.Read<int>(_bytes); // any part of a SHA-256 is as good as a hash of it

    /// <summary>Whether both are of the same key.</summary>
    public static bool operator ==(KeyHash one, KeyHash other) => one.Equals(other);

    /// <summary>Whether they are of different keys.</summary>
    public static bool operator !=(KeyHash one, KeyHash other) => !one.Equals(other);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
