using System.Buffers;
using System.Numerics;
using System.Text;

namespace StoryPortal.ServiceHub.Services.Search;

/// <summary>Text as it is searched: in lower case, taken apart into words of letters and digits.</summary>
internal static class SearchText
{
    /// <summary>Characters of a query at most.</summary>
    public const int Longest = 200;

    /// <summary>Chars of a word that are compared; a word of code points beyond U+FFFF has two chars for each.</summary>
    public const int LongestWord = 64;

    /// <summary>The characters of most words.</summary>
    public static SearchValues<char> WordCharacters { get; } = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>Takes the next word off the front of <paramref name="text"/>; false at its end.</summary>
    public static bool TryNext(ref ReadOnlySpan<char> text, out ReadOnlySpan<char> word)
    {
        while (!text.IsEmpty && !IsWordCharacter(text, out var separator))
        {
            text = text[separator..];
        }

        var end = 0;
        while (end < text.Length && IsWordCharacter(text[end..], out var length))
        {
            end += length;
        }

        word = Truncate(text[..end]);
        text = text[end..];
        return !word.IsEmpty;
    }

    /// <summary>The first <see cref="LongestWord"/> chars of <paramref name="text"/>, without half of a surrogate pair at the end.</summary>
    public static ReadOnlySpan<char> Truncate(ReadOnlySpan<char> text) =>
        text.Length <= LongestWord ? text : text[..(char.IsHighSurrogate(text[LongestWord - 1]) ? LongestWord - 1 : LongestWord)];

    private static bool IsWordCharacter(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out var rune, out length);
        return Rune.IsLetterOrDigit(rune);
    }

    /// <summary>Which characters a word has, as bits; others share the last bits.</summary>
    public static ulong Characters(ReadOnlySpan<char> word)
    {
        var characters = 0UL;
        foreach (var c in word)
        {
            characters |= 1UL << (c is >= 'a' and <= 'z' ? c - 'a' : c is >= '0' and <= '9' ? 26 + (c - '0') : 36 + (c % 28));
        }

        return characters;
    }

    /// <summary>Whether two words with these characters may be as close as <paramref name="most"/>: each edit brings one character in or takes one out, or both.</summary>
    public static bool MayBeClose(ulong one, ulong other, int most) =>
        BitOperations.PopCount(one & ~other) <= most && BitOperations.PopCount(other & ~one) <= most;

    /// <summary>
    /// How many characters have to be put in, left out, replaced, or exchanged with their neighbour to make one word of the other (optimal string
    /// alignment); <paramref name="most"/> + 1 where it is more than that.
    /// </summary>
    public static int Distance(ReadOnlySpan<char> one, ReadOnlySpan<char> other, int most)
    {
        if (Math.Abs(one.Length - other.Length) > most)
        {
            return most + 1;
        }

        Span<int> earlier = stackalloc int[LongestWord + 1];
        Span<int> last = stackalloc int[LongestWord + 1];
        Span<int> row = stackalloc int[LongestWord + 1];
        for (var j = 0; j <= other.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            var least = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var cost = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    cost = Math.Min(cost, earlier[j - 2] + 1);
                }

                row[j] = cost;
                least = Math.Min(least, cost);
            }

            if (least > most)
            {
                return most + 1;
            }

            var free = earlier;
            earlier = last;
            last = row;
            row = free;
        }

        return Math.Min(last[other.Length], most + 1);
    }
}
