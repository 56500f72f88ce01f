using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// The text of a key: <c>sp_</c>, 40 random letters and digits (238 bits), and a checksum of them in 8 hexadecimal digits. A mistyped or made-up
/// key is refused by its checksum, without asking the key store; and a key that lies about somewhere is recognised by its prefix.
/// </summary>
public static class ApiKeyFormat
{
    private const string Prefix = "sp_";
    private const int SecretLength = 40;
    private const int ChecksumLength = 8;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Makes a new key.</summary>
    public static string Create()
    {
        var text = Prefix + RandomNumberGenerator.GetString(Alphabet, SecretLength);
        return $"{text}{Checksum(text):x8}";
    }

    /// <summary>Whether <paramref name="text"/> can be a key at all.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        const int End = 3 + SecretLength;
        return text.Length == End + ChecksumLength
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && uint.TryParse(text[End..], System.Globalization.NumberStyles.AllowHexSpecifier, null, out var checksum)
            && checksum == Checksum(text[..End]);
    }

    private static uint Checksum(ReadOnlySpan<char> text) => XxHash32.HashToUInt32(MemoryMarshal.AsBytes(text));
}
