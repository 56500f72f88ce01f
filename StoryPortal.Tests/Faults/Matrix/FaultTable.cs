using System.Globalization;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary><c>artifacts/faults.md</c>: a row for each cell that was run, made anew of all of them after each, in the order of the matrix.</summary>
internal static class FaultTable
{
    private const string Head = """
        | victim | fault | failed: health | kept | read | write | batch | of all | noticed | failing for | recovered | slowest | lost | twice | wrong | torn |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|

        """;

    private static readonly string Rows = Repository.PathOf("artifacts", "faults");

    public static void Write(FaultResult result)
    {
        Directory.CreateDirectory(Rows);
        File.WriteAllText(RowOf(result.Victim, result.Fault), Row(result));
        var known = from victim in Victim.All from fault in Fault.All let file = RowOf(victim, fault) where File.Exists(file) select File.ReadAllText(file);
        File.WriteAllText(Repository.PathOf("artifacts", "faults.md"), Head + string.Concat(known));
    }

    private static string RowOf(Victim victim, Fault fault) => Path.Combine(Rows, $"{victim.Name.Replace(' ', '-')}-{fault.Name}.md");

    private static string Row(FaultResult result)
    {
        string[] cells =
        [
            result.Victim.Name, result.Fault.Name,
            .. Enum.GetValues<LoadClass>().Select(of => result.Of(of) is var (failed, all) && failed == 0 ? "0" : $"{failed} of {all}"),
            string.Create(CultureInfo.InvariantCulture, $"{result.FailedPercent:0.##} %"),
            result.Noticed is { } noticed ? Seconds(noticed) : "–",
            Seconds(result.Cost), Seconds(result.Recovered), Seconds(result.Slowest),
            .. ((FindingKind[])[FindingKind.Lost, FindingKind.Duplicate, FindingKind.Wrong, FindingKind.Torn]).Select(kind => $"{result.Count(kind)}"),
        ];
        return $"| {string.Join(" | ", cells)} |\n";
    }

    private static string Seconds(TimeSpan time) => time == TimeSpan.Zero ? "–" : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
