using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Scenarios;

namespace StoryPortal.Bench.Reporting;

/// <summary>What a benchmark found.</summary>
internal sealed record BenchmarkResult
{
    public required string Name { get; init; }

    /// <summary>What was measured.</summary>
    public required string Subject { get; init; }

    /// <summary>What it was compared with; null when the value itself is the figure.</summary>
    public required string? Baseline { get; init; }

    public required string Unit { get; init; }

    /// <summary>What the figure has to reach; null when it is only printed.</summary>
    public required Aim? Aim { get; init; }

    /// <summary>The median of the subject; null when the measurement failed.</summary>
    public double? SubjectMedian { get; init; }

    /// <summary>The median of the baseline.</summary>
    public double? BaselineMedian { get; init; }

    /// <summary>The median of the pairs' ratios, or that of the subject where there is no baseline.</summary>
    public double? Figure { get; init; }

    /// <summary>The 95 % interval of the figure.</summary>
    public Interval? Interval { get; init; }

    /// <summary>Whether the interval reaches the aim; null without an aim.</summary>
    public bool? Met { get; init; }

    /// <summary>Every pair, in the order in which they were measured.</summary>
    public IReadOnlyList<Pair> Pairs { get; init; } = [];

    /// <summary>The processor time of every run of the subject.</summary>
    public CpuUsage SubjectCpu { get; init; } = new();

    /// <summary>The processor time of every run of the baseline.</summary>
    public CpuUsage BaselineCpu { get; init; } = new();

    /// <summary>Memory of each process after the last run, MiB.</summary>
    public Dictionary<string, double> Memory { get; init; } = [];

    /// <summary>Why there is no figure.</summary>
    public string? Failure { get; init; }

    /// <summary>The result of <paramref name="pairs"/>.</summary>
    public static BenchmarkResult From(Benchmark benchmark, IReadOnlyList<Pair> pairs)
    {
        double[] figures = [.. pairs.Select(pair => pair.Figure)];
        var interval = BootstrapInterval.OfMedian(figures);
        return Empty(benchmark) with
        {
            SubjectMedian = pairs.Select(pair => pair.Subject).Median(),
            BaselineMedian = benchmark.Baseline is null ? null : pairs.Select(pair => pair.Baseline!.Value).Median(),
            Figure = figures.Median(),
            Interval = interval,
            Met = benchmark.Aim?.IsMetBy(interval),
            Pairs = pairs,
        };
    }

    /// <summary>A result without a figure, which misses the aim.</summary>
    public static BenchmarkResult Failed(Benchmark benchmark, string failure) =>
        Empty(benchmark) with { Failure = failure, Met = benchmark.Aim is null ? null : false };

    private static BenchmarkResult Empty(Benchmark benchmark) => new()
    {
        Name = benchmark.Name,
        Subject = benchmark.Subject,
        Baseline = benchmark.Baseline,
        Unit = benchmark.Unit,
        Aim = benchmark.Aim,
    };
}
