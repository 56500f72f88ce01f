namespace StoryPortal.Bench;

/// <summary>What is measured, and how long.</summary>
/// <param name="Names">Benchmarks whose name contains one of these; none means all.</param>
/// <param name="Quick">Whether few short runs are enough.</param>
internal sealed record BenchmarkOptions(IReadOnlyList<string> Names, bool Quick)
{
    public const string Usage = """
        ./bench.sh           measures everything and writes artifacts/bench.json; exit code 1 when an aim is missed
        ./bench.sh --quick   what has an aim, in less than three minutes: less data, three short pairs; the verdicts are indicative
        ./bench.sh NAME…     only the benchmarks whose name contains one of the names
        ./bench.sh load [SCRIPT] [--scale 0.1] [--running]
                             a load test, in a tenth of its time: load-test (the default), smoke, mixed, stress, spike or soak;
                             --running: against the running system in place of one of its own
        ./bench.sh soak [--minutes 10]
                             60 % of the highest load, for so long: does anything grow?
        """;

    /// <summary>How many pairs are measured.</summary>
    public int Pairs => Quick ? 3 : 9;

    /// <summary>How long each side of a pair is loaded.</summary>
    /// <param name="hasAim">Whether a verdict depends on it.</param>
    public TimeSpan Load(bool hasAim) => TimeSpan.FromSeconds(Quick ? 1 : hasAim ? 3 : 2);

    /// <summary>How long one slice of the warm-up lasts.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 1 : 2);

    /// <summary>How many slices the warm-up has at most.</summary>
    public int MaxWarmUpSlices => Quick ? 2 : 15;

    /// <summary>The share of the full dataset: a million events, or a tenth.</summary>
    public double Scale => Quick ? 0.1 : 1;

    /// <summary>The options that <paramref name="args"/> name, or null when one is unknown.</summary>
    public static BenchmarkOptions? TryParse(IReadOnlyList<string> args) =>
        args.Any(arg => arg.StartsWith('-') && arg != "--quick")
            ? null
            : new BenchmarkOptions([.. args.Where(arg => arg != "--quick")], args.Contains("--quick"));
}
