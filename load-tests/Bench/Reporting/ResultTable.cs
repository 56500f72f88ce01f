using System.Globalization;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Scenarios;

namespace StoryPortal.Bench.Reporting;

/// <summary>Results as text.</summary>
internal static class ResultTable
{
    private const double MinCores = 0.05;

    public static string Header { get; } =
        $"{"",-46} {"subject",9} {"baseline",9} {"unit",-16} {"figure",7} {"95 % interval",-15} {"aim",7} met";

    /// <summary>The line of a result.</summary>
    public static string Line(BenchmarkResult result)
    {
        var met = result.Met switch { true => "yes", false => "NO", null => "–" };
        return $"{result.Name,-46} {Number(result.SubjectMedian),9} {Number(result.BaselineMedian),9} {result.Unit,-16} "
            + $"{Number(result.Figure),7} {IntervalOf(result),-15} {AimOf(result),7} {met}"
            + (result.Failure is null ? "" : $": {result.Failure}");
    }

    /// <summary>The lines below: processor time of both sides over all runs, and memory.</summary>
    public static IEnumerable<string> Processes(BenchmarkResult result)
    {
        if (!result.SubjectCpu.IsEmpty)
        {
            yield return $"    CPU of the subject:  {Cpu(result.SubjectCpu)}";
        }

        if (!result.BaselineCpu.IsEmpty)
        {
            yield return $"    CPU of the baseline: {Cpu(result.BaselineCpu)}";
        }

        if (result.Memory.Count > 0)
        {
            yield return $"    MiB: {string.Join("  ", result.Memory.Select(process => $"{process.Key} {Number(process.Value)}"))}";
        }
    }

    /// <summary>The last lines of a run.</summary>
    public static string Summary(BenchmarkReport report)
    {
        var aims = report.Results.Count(result => result.Met is not null);
        var met = report.Results.Count(result => result.Met == true);
        var summary = $"{met} of {aims} aims met; {report.Results.Count - aims} figures without an aim";
        return report.Quick
            ? $"{summary}\n--quick: three short pairs on a tenth of the data, hardly warmed up. The verdicts are indicative."
            : summary;
    }

    private static string IntervalOf(BenchmarkResult result) => result switch
    {
        { Interval: null } => "",
        { Pairs.Count: 1 } => "once",
        { Interval: { } interval } => $"{Number(interval.Lower)}–{Number(interval.Upper)}",
    };

    private static string AimOf(BenchmarkResult result) =>
        result.Aim is { } aim ? $"{(aim.Bound == Bound.AtLeast ? "≥" : "≤")} {Number(aim.Value)}" : "";

    private static string Cpu(CpuUsage usage)
    {
        var micros = usage.MicrosecondsPerOperation;
        return string.Join("  ", usage.Cores.Where(process => process.Value >= MinCores).Select(process =>
            $"{process.Key} {Number(process.Value)} cores{(micros is null ? "" : $" ({Number(micros[process.Key])} µs each)")}"));
    }

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("F2", CultureInfo.InvariantCulture),
    };
}
