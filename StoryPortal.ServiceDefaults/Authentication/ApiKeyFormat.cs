using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>
/// The format of an API key: <c>sp_</c>, 40 random letters and digits (238 bits), and their checksum in 8 hexadecimal digits. The checksum rejects a
/// mistyped key without a lookup in the key store; the prefix lets secret scanners recognise a key.
/// </summary>
public static class ApiKeyFormat
{
    private const string Prefix = "sp_";
    private const int SecretLength = 40;
    private const int ChecksumLength = 8;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Creates a new key.</summary>
    public static string Create()
    {
        var text = Prefix + RandomNumberGenerator.GetString(Alphabet, SecretLength);
        return $"{text}{Checksum(text):x8}";
    }

    /// <summary>Whether <paramref name="text"/> has the format of a key.</summary>
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
