using System.Globalization;

namespace StoryPortal.Bench.Reporting;

/// <summary>Results for people.</summary>
internal static class Table
{
    public static string Header { get; } = $"{"",-50} {"a",11} {"b",11} {"unit",-16} {"ratio",6} {"aim",7} {"spread",-12} met";

    /// <summary>One line.</summary>
    public static string Line(RowResult result)
    {
        var aim = $"{(result.Bound == Rows.Bound.AtLeast ? "≥" : "≤")} {Number(result.Aim)}";
        return result.Ratio is { } ratio
            ? $"{result.Name,-50} {Number(result.A!.Value),11} {Number(result.B!.Value),11} {result.Unit,-16} {Number(ratio),6} {aim,7} "
                + $"{(result.Runs > 1 ? $"{Number(result.Spread[0])}–{Number(result.Spread[1])}" : "once"),-12} {(result.Met ? "yes" : "NO")}"
            : $"{result.Name,-50} {"",11} {"",11} {result.Unit,-16} {"",6} {aim,7} {"",-12} NO: {result.Note}";
    }

    /// <summary>Who was busy, and how large they are: the lines below.</summary>
    public static IEnumerable<string> Processes(RowResult result)
    {
        if (result.CpuA.Count > 0)
        {
            yield return $"    cores, a: {Named(result.CpuA, 0.05)}";
            yield return $"    cores, b: {Named(result.CpuB, 0.05)}";
            yield return $"    MiB:      {Named(result.Memory, 1)}";
        }
    }

    private static string Named(Dictionary<string, double> values, double least) =>
        string.Join("  ", values.Where(value => value.Value >= least).Select(value => $"{value.Key} {Number(value.Value)}"));

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F2", CultureInfo.InvariantCulture),
    };
}
