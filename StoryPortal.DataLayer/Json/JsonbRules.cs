using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using System.Text.Unicode;

namespace StoryPortal.DataLayer.Json;

/// <summary>
/// What JSON allows and <c>jsonb</c> does not, or would change silently: U+0000, lone surrogates, bytes that are no UTF-8, numbers beyond a
/// double (RFC 8259 §6 names that range as the interoperable one; jsonb fails at its own, larger limit) and repeated names, of which jsonb keeps only the last.
/// And what could be stored, and not be read again: more levels than <see cref="MostDepth"/>.
/// </summary>
internal static class JsonbRules
{
    /// <summary>How many levels of objects and arrays a value may have: what is around it in the deepest answer leaves room below the 64 that most readers take.</summary>
    public const int MostDepth = 48;

    private const int SmallText = 512;
    private const int MostDigits = 1000;
    private const int MostExponent = 308;
    private const int MostKeptNames = 4096;

    // jsonb returns 1e308 as 309 digits: a document would become fifty times as large as it was sent.
    private const int MaxWrittenOut = 1024 * 1024;

    [ThreadStatic]
    private static HashSet<(int Object, UInt128 Name)>? t_names;

    /// <summary>What is wrong with a well-formed value, or null.</summary>
    public static string? Violation(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            return "holds bytes that are not UTF-8.";
        }

        var names = t_names is { Count: <= MostKeptNames } kept ? kept : t_names = [];
        names.Clear();
        Span<int> objects = stackalloc int[MostDepth];
        var lastObject = 0;
        var writtenOut = 0;
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= MostDepth:
                    return $"has more than {MostDepth} levels of objects and arrays.";

                case JsonTokenType.StartObject:
                    objects[reader.CurrentDepth] = ++lastObject;
                    break;

                case JsonTokenType.Number when !IsDouble(reader.ValueSpan, ref writtenOut):
                    return "holds a number that does not fit a double.";

                case JsonTokenType.Number when writtenOut > MaxWrittenOut:
                    return $"holds numbers with exponents that have more than {MaxWrittenOut} digits when they are written out.";

                case JsonTokenType.String when reader.ValueIsEscaped && TextViolation(ref reader, out _) is { } violation:
                    return violation;

                case JsonTokenType.PropertyName:
                    UInt128 hash;
                    if (!reader.ValueIsEscaped)
                    {
                        hash = XxHash128.HashToUInt128(reader.ValueSpan);
                    }
                    else if (TextViolation(ref reader, out hash) is { } nameViolation)
                    {
                        return nameViolation;
                    }

                    if (!names.Add((objects[reader.CurrentDepth - 1], hash)))
                    {
                        return "holds an object with the same name twice.";
                    }

                    break;
            }
        }

        return null;
    }

    private static string? TextViolation(ref Utf8JsonReader reader, out UInt128 hash)
    {
        var length = reader.ValueSpan.Length;
        var rented = length > SmallText ? ArrayPool<byte>.Shared.Rent(length) : null;
        try
        {
            Span<byte> buffer = rented ?? stackalloc byte[SmallText];
            var text = buffer[..reader.CopyString(buffer)];
            hash = XxHash128.HashToUInt128(text);
            return text.Contains((byte)0) ? "holds the character U+0000, which cannot be stored." : null;
        }
        catch (InvalidOperationException)
        {
            // The reader's way of saying that an escape has only half of a surrogate pair.
            hash = default;
            return "holds a lone surrogate, which is not a character.";
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    // Adds the digits that an exponent stands for to writtenOut.
    private static bool IsDouble(ReadOnlySpan<byte> number, ref int writtenOut)
    {
        if (number.Length > MostDigits || !Utf8Parser.TryParse(number, out double value, out _) || !double.IsFinite(value))
        {
            return false;
        }

        // The exponent apart: 1e-99999 is a finite double (zero), and still more digits than numeric can hold.
        var e = number.IndexOfAny((byte)'e', (byte)'E');
        if (e < 0)
        {
            return true;
        }

        if (!int.TryParse(number[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) || Math.Abs(exponent) > MostExponent)
        {
            return false;
        }

        writtenOut += Math.Abs(exponent);
        return true;
    }
}
