using System.Diagnostics;

namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>What a fault has cost.</summary>
/// <param name="Victim">What was broken.</param>
/// <param name="Fault">How.</param>
/// <param name="Requests">Every request.</param>
/// <param name="Began">When it was broken.</param>
/// <param name="Ended">When it began to be mended.</param>
/// <param name="Noticed">After which time the system said so, or null.</param>
/// <param name="Findings">What should never have happened.</param>
internal sealed record FaultResult(Victim Victim, Fault Fault, IReadOnlyList<Asked> Requests, long Began, long Ended, TimeSpan? Noticed, IReadOnlyList<Finding> Findings)
{
    private IEnumerable<Asked> Failures => Requests.Where(request => request.Failed);

    /// <summary>For how long after the fault requests were made that failed; zero when none was.</summary>
    public TimeSpan Cost => Failures.Select(request => Stopwatch.GetElapsedTime(Began, request.At)).Append(TimeSpan.Zero).Max();

    /// <summary>From the beginning of the repair to the last failure; zero when nothing failed any more.</summary>
    public TimeSpan Recovered => Failures.Select(request => Stopwatch.GetElapsedTime(Ended, request.Answered)).Append(TimeSpan.Zero).Max();

    /// <summary>Share of the requests that failed, in per cent.</summary>
    public double FailedPercent => 100.0 * Failures.Count() / Requests.Count;

    /// <summary>The slowest answer.</summary>
    public TimeSpan Slowest => Requests.Max(request => Stopwatch.GetElapsedTime(request.At, request.Answered));

    /// <summary>Failed requests of a class, and how many there were.</summary>
    public (int Failed, int All) Of(LoadClass of) => (Failures.Count(request => request.Class == of), Requests.Count(request => request.Class == of));

    public int Count(FindingKind kind) => Findings.Count(finding => finding.Kind == kind);

    /// <summary>The first failures, for people.</summary>
    public string Examples => string.Join('\n', Failures.GroupBy(failure => failure.Failure).OrderByDescending(group => group.Count()).Take(12)
        .Select(group => $"{group.Count(),5} × {group.Key}, first {Stopwatch.GetElapsedTime(Began, group.Min(failure => failure.At)).TotalSeconds:0.0} s, last {Stopwatch.GetElapsedTime(Began, group.Max(failure => failure.Answered)).TotalSeconds:0.0} s after the fault"));
}
