using System.Text;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.Tests.Json;

/// <summary>What the rules let through, jsonb stores; what they refuse, it would fail on or change.</summary>
public sealed class JsonbRulesTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 1}]}""")]
    [InlineData("""["\ud83d\ude00", "\u0001", "\\u0000", ""]""")]
    [InlineData("""[0, -0.0, 1e308, -1.7976931348623157e308, 1E-308, 123456789012345678901234567890]""")]
    [InlineData("null")]
    public void Values_that_jsonb_stores_as_they_are_pass(string json) => Assert.Null(JsonbRules.Violation(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"a": 1, "b": {"c": 1, "c": 2}}""", "twice")]
    [InlineData("""{"a": 1, "\u0061": 2}""", "twice")]
    [InlineData("""[{"x": 1}, {"k\u0000": 1}]""", "U+0000")]
    [InlineData("\"\\u0000\"", "U+0000")]
    [InlineData("\"\\ud800\"", "surrogate")]
    [InlineData("\"\\udc00\\ud800\"", "surrogate")]
    [InlineData("[1e309]", "double")]
    [InlineData("[1e-99999]", "double")]
    [InlineData("[1e99999999999999999999]", "double")]
    public void Values_that_jsonb_refuses_or_changes_do_not(string json, string because) =>
        Assert.Contains(because, JsonbRules.Violation(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"d\":", "}")]
    public void Only_as_many_levels_pass_as_the_deepest_answer_has_room_for(string open, string close)
    {
        Assert.Null(JsonbRules.Violation(Nested(JsonbRules.MostDepth)));
        Assert.Contains("levels", JsonbRules.Violation(Nested(JsonbRules.MostDepth + 1)), StringComparison.Ordinal);

        byte[] Nested(int levels) =>
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, levels)) + "1" + string.Concat(Enumerable.Repeat(close, levels)));
    }

    [Fact]
    public void A_number_with_thousands_of_digits_does_not_pass() =>
        Assert.NotNull(JsonbRules.Violation(Encoding.UTF8.GetBytes(new string('9', 2000))));

    [Fact]
    public void Numbers_that_become_much_longer_when_they_are_written_out_do_not_pass()
    {
        Assert.Null(JsonbRules.Violation(Exponents(3000)));
        Assert.Contains("written out", JsonbRules.Violation(Exponents(4000)), StringComparison.Ordinal);

        static byte[] Exponents(int count) => Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("-1E-300", count))}]");
    }

    [Fact]
    public void An_object_with_very_many_names_is_checked_in_linear_time()
    {
        var names = Enumerable.Range(0, 200_000).Select(i => $"\"n{i}\":{i}");
        Assert.Null(JsonbRules.Violation(Encoding.UTF8.GetBytes($"{{{string.Join(',', names)}}}")));
        Assert.NotNull(JsonbRules.Violation(Encoding.UTF8.GetBytes($"{{{string.Join(',', names)},\"n7\":0}}")));
    }
}
