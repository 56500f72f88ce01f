namespace StoryPortal.ServiceDefaults.Text;

/// <summary>Lengths of text in Unicode code points, which <c>char_length</c> of PostgreSQL and <c>maxLength</c> of JSON Schema count too.</summary>
public static class CodePoints
{
    /// <summary>The number of code points of <paramref name="text"/>.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether <paramref name="text"/> has more than <paramref name="max"/> code points.</summary>
    public static bool Exceed(ReadOnlySpan<char> text, int max) => text.Length > max && Count(text) > max;

    /// <summary>The first <paramref name="max"/> code points of <paramref name="text"/>; <paramref name="text"/> itself when it has no more.</summary>
    public static string Truncate(string text, int max)
    {
        if (text.Length <= max)
        {
            return text;
        }

        var end = 0;
        for (var taken = 0; taken < max && end < text.Length; taken++)
        {
            end += char.IsSurrogatePair(text, end) ? 2 : 1;
        }

        return text[..end];
    }
}
