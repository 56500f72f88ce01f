using System.Text;

namespace StoryPortal.ServiceHub.Services.Search;

/// <summary>Text as the search compares it: in lower case, split into words of letters and digits.</summary>
internal static class SearchText
{
    /// <summary>Maximum characters of a query.</summary>
    public const int MaxQueryLength = 200;

    /// <summary>Maximum chars of a word that are compared; a code point beyond U+FFFF has two chars.</summary>
    public const int MaxWordLength = 64;

    /// <summary>The words of <paramref name="text"/>, each in lower case and truncated.</summary>
    public static IEnumerable<string> Words(string? text)
    {
        var word = new StringBuilder();
        foreach (var rune in (text ?? "").ToLowerInvariant().EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                word.Append(rune.ToString());
            }
            else if (word.Length > 0)
            {
                yield return Truncate(word.ToString());
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return Truncate(word.ToString());
        }
    }

    /// <summary>The first <see cref="MaxWordLength"/> chars of <paramref name="text"/>, without half of a surrogate pair at the end.</summary>
    public static string Truncate(string text) =>
        text.Length <= MaxWordLength ? text : text[..(char.IsHighSurrogate(text[MaxWordLength - 1]) ? MaxWordLength - 1 : MaxWordLength)];

    /// <summary>
    /// The number of insertions, deletions, substitutions and transpositions of neighbours between two words (optimal string alignment distance);
    /// <paramref name="max"/> + 1 where the distance is larger than <paramref name="max"/>.
    /// </summary>
    public static int Distance(string one, string other, int max)
    {
        if (Math.Abs(one.Length - other.Length) > max)
        {
            return max + 1;
        }

        // Three rows of the distance matrix: the one before the previous, the previous, and the current row.
        Span<int> beforePrevious = stackalloc int[MaxWordLength + 1];
        Span<int> previous = stackalloc int[MaxWordLength + 1];
        Span<int> current = stackalloc int[MaxWordLength + 1];
        for (var j = 0; j <= other.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= one.Length; i++)
        {
            current[0] = i;
            var min = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var substitution = previous[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                current[j] = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), substitution);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    current[j] = Math.Min(current[j], beforePrevious[j - 2] + 1);
                }

                min = Math.Min(min, current[j]);
            }

            if (min > max)
            {
                return max + 1;
            }

            var unused = beforePrevious;
            beforePrevious = previous;
            previous = current;
            current = unused;
        }

        return Math.Min(previous[other.Length], max + 1);
    }
}
