using StoryPortal.ServiceDefaults.Text;

namespace StoryPortal.Tests.Json;

/// <summary>Lengths are counted as PostgreSQL and JSON Schema count them.</summary>
public sealed class CodePointTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("ä€", 2)]
    [InlineData("𠮷😀", 2)]
    [InlineData("e\u0301", 2)] // two code points, one grapheme
    [InlineData("👨‍👩‍👧", 5)] // three people and two joiners
    public void Surrogate_pairs_count_once(string text, int expected)
    {
        Assert.Equal(expected, CodePoints.Count(text));
        Assert.False(CodePoints.Exceed(text, expected));
        Assert.True(expected == 0 || CodePoints.Exceed(text, expected - 1));
    }

    [Theory]
    [InlineData("abc", 2, "ab")]
    [InlineData("abc", 3, "abc")]
    [InlineData("😀😀😀", 2, "😀😀")]
    [InlineData("a😀b", 2, "a😀")]
    [InlineData("😀a", 1, "😀")]
    public void Text_is_cut_between_code_points(string text, int max, string expected) => Assert.Equal(expected, CodePoints.Truncate(text, max));
}
