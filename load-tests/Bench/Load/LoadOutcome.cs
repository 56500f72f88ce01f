using StoryPortal.Bench.Measuring;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Bench.Load;

/// <summary>What a load test found.</summary>
/// <param name="Script">Its name.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Samples">Every request.</param>
internal sealed record LoadOutcome(string Script, TimeSpan Duration, IReadOnlyList<Sample> Samples)
{
    private const double LeastPassed = 99;

    /// <summary>Each target that load can tell of, and what was found.</summary>
    public IReadOnlyList<Finding> Findings =>
    [
        .. Of("http_health_p95", RequestClass.Health),
        .. Of("http_list_p95", RequestClass.List),
        .. Of("http_detail_p95", RequestClass.Detail),
        .. Of("http_write_p95", RequestClass.Write),
        new("http_api_p95", Percentile(Samples, 95), Targets.Of("http_api_p95").Value),
        new("http_api_p99", Percentile(Samples, 99), Targets.Of("http_api_p99").Value),
        new("http_failed", Share(Samples, sample => sample.Failed), Targets.Of("http_failed").Value),
        new("unexpected answers", Share(Samples, sample => !sample.Passed), 100 - LeastPassed),
    ];

    /// <summary>Whether all of them are kept.</summary>
    public bool Passed => Samples.Count > 0 && Findings.All(finding => finding.Met);

    /// <summary>A table for people: each class, then each target.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"{Script}: {Samples.Count:N0} requests in {Duration.TotalSeconds:N0} s, {Samples.Count / Duration.TotalSeconds:N0}/s";
        yield return $"{"class",-20} {"requests",10} {"failed",8} {"median ms",10} {"p95 ms",10} {"p99 ms",10} {"max ms",10}";
        foreach (var group in Samples.GroupBy(sample => sample.Class).OrderBy(group => group.Key))
        {
            var samples = group.ToList();
            yield return $"{group.Key.ToString().ToLowerInvariant(),-20} {samples.Count,10:N0} {samples.Count(sample => sample.Failed),8:N0} "
                + $"{Percentile(samples, 50),10:N1} {Percentile(samples, 95),10:N1} {Percentile(samples, 99),10:N1} {samples.Max(sample => sample.Milliseconds),10:N1}";
        }

        yield return "";
        foreach (var finding in Findings)
        {
            yield return $"{finding.Target,-20} {finding.Value,10:N2}  < {finding.Limit,-8:N0} {(finding.Met ? "met" : "MISSED")}";
        }
    }

    /// <summary>As the product keeps it.</summary>
    public NewLoadTest ToLoadTest() => new()
    {
        Name = Script,
        Tool = "bench.sh load",
        DurationSeconds = Duration.TotalSeconds,
        Requests = Samples.Count,
        FailedRequests = Samples.Count(sample => sample.Failed),
        RequestsPerSecond = Samples.Count / Duration.TotalSeconds,
        P95Ms = Percentile(Samples, 95),
        P99Ms = Percentile(Samples, 99),
    };

    private IEnumerable<Finding> Of(string target, RequestClass of)
    {
        var samples = Samples.Where(sample => sample.Class == of).ToList();
        return samples.Count == 0 ? [] : [new Finding(target, Percentile(samples, 95), Targets.Of(target).Value)];
    }

    private static double Percentile(IReadOnlyList<Sample> samples, double percent) =>
        samples.Count == 0 ? 0 : samples.Select(sample => sample.Milliseconds).Percentile(percent / 100);

    private static double Share(IReadOnlyList<Sample> samples, Func<Sample, bool> counts) => samples.Count == 0 ? 0 : 100.0 * samples.Count(counts) / samples.Count;
}

/// <summary>What was found of a target.</summary>
internal sealed record Finding(string Target, double Value, double Limit)
{
    /// <summary>Whether it is kept.</summary>
    public bool Met => Value < Limit;
}
