using System.Buffers;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>
/// Decodes the strings that HTTP/2's header compression has packed. The code is canonical: in the order of their lengths, then of the symbols, each code
/// is the one before it plus one. So the lengths say it all (RFC 7541, appendix B).
/// </summary>
internal static class Huffman
{
    private const int Symbols = 256;
    private const int Longest = 30;

    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    ];

    // For each length: its first code, and where its symbols begin among all of them.
    private static readonly (int FirstCode, int Count, int At)[] s_codes = new (int, int, int)[Longest + 1];
    private static readonly byte[] s_symbols = new byte[Symbols];

    static Huffman()
    {
        var (code, at) = (0, 0);
        for (var length = 1; length <= Longest; length++)
        {
            code <<= 1;
            var first = at;
            for (var symbol = 0; symbol < Symbols; symbol++)
            {
                if (Lengths[symbol] == length)
                {
                    s_symbols[at++] = (byte)symbol;
                }
            }

            s_codes[length] = (code, at - first, first);
            code += at - first;
        }
    }

    /// <summary>Decodes the whole string.</summary>
    /// <exception cref="InvalidDataException">It is no string in this code.</exception>
    public static void Decode(ReadOnlySpan<byte> packed, ArrayBufferWriter<byte> into)
    {
        var (code, length, onlyOnes) = (0, 0, true);
        foreach (var part in packed)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                var one = (part >> bit) & 1;
                code = (code << 1) | one;
                onlyOnes &= one == 1;
                if (++length > Longest)
                {
                    throw new InvalidDataException("A header's text ends within itself.");
                }

                var (first, count, at) = s_codes[length];
                if (code - first < count)
                {
                    into.GetSpan(1)[0] = s_symbols[at + code - first];
                    into.Advance(1);
                    (code, length, onlyOnes) = (0, 0, true);
                }
            }
        }

        if (length > 7 || !onlyOnes)
        {
            throw new InvalidDataException("A header's text is not padded with ones.");
        }
    }
}
