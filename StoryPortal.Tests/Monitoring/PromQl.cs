using System.Text.RegularExpressions;

namespace StoryPortal.Tests.Monitoring;

/// <summary>What a query of Prometheus names: as much of its grammar as our queries use.</summary>
internal static partial class PromQl
{
    private static readonly string[] Words = ["and", "or", "unless", "bool", "offset", "inf", "nan"];

    /// <summary>The metrics.</summary>
    public static IReadOnlyList<string> Metrics(string query) =>
        [.. Name().Matches(Aside().Replace(query, " ")).Select(match => match.Value).Where(name => !Words.Contains(name.ToLowerInvariant())).Distinct()];

    /// <summary>The metrics with the labels by which they are chosen.</summary>
    public static IEnumerable<(string Metric, IReadOnlyList<LabelMatcher> Labels)> Selectors(string query) =>
        Selector().Matches(query).Select(match => (match.Groups["metric"].Value, (IReadOnlyList<LabelMatcher>)[.. LabelPattern().Matches(match.Groups["labels"].Value)
            .Select(label => new LabelMatcher(label.Groups["name"].Value, label.Groups["operator"].Value, Regex.Unescape(label.Groups["value"].Value)))]));

    // Labels, ranges, texts, and the lists of labels behind by, on and their like.
    [GeneratedRegex("""\{(?:[^}"]|"(?:\\.|[^"\\])*")*\}|"(?:\\.|[^"\\])*"|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)""")]
    private static partial Regex Aside();

    // No function: those are followed by their arguments, or by "by (…)", of which a blank is left.
    [GeneratedRegex("""(?<![\w:$.])[A-Za-z_:][\w:]*(?![\w:]|\s*\()""")]
    private static partial Regex Name();

    [GeneratedRegex("""(?<metric>[A-Za-z_:][\w:]*)\{(?<labels>(?:[^}"]|"(?:\\.|[^"\\])*")*)\}""")]
    private static partial Regex Selector();

    [GeneratedRegex("""(?<name>\w+)\s*(?<operator>=~|!~|!=|=)\s*"(?<value>(?:\\.|[^"\\])*)(?:")""")]
    private static partial Regex LabelPattern();
}

/// <summary>One condition on a label.</summary>
internal sealed record LabelMatcher(string Name, string Operator, string Value)
{
    /// <summary>Whether a label of that value is chosen; Prometheus matches whole values.</summary>
    public bool Matches(string value) => Operator switch
    {
        "=" => value == Value,
        "!=" => value != Value,
        "=~" => Regex.IsMatch(value, $"^(?:{Value})$"),
        _ => !Regex.IsMatch(value, $"^(?:{Value})$"),
    };
}
