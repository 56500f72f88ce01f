namespace StoryPortal.Bench;

/// <summary>How much to measure, and what.</summary>
/// <param name="Names">Rows whose name contains one of these; none means all.</param>
/// <param name="Quick">Whether a first impression is enough.</param>
internal sealed record BenchOptions(IReadOnlyList<string> Names, bool Quick)
{
    public const string Usage = """
        ./bench.sh           measures everything and writes artifacts/bench.json
        ./bench.sh --quick   nearly the same in less than three minutes: less data, one short run of each side
        ./bench.sh NAME…     only the rows whose name contains one of the names
        ./bench.sh load [SCRIPT] [--scale 0.1] [--running]
                             a load test, in a tenth of its time: load-test (the default), smoke, mixed, stress, spike or soak; --running: not
                             against a system of its own, but against the one that runs
        ./bench.sh soak [--minutes 10]
                             60 % of what it can do, for so long: does anything grow?
        """;

    /// <summary>How often each pair is measured.</summary>
    public int Runs => Quick ? 1 : 5;

    /// <summary>How long load lasts in one run.</summary>
    public TimeSpan Load => TimeSpan.FromSeconds(Quick ? 1 : 5);

    /// <summary>How long load lasts before anything is measured.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 1 : 5);

    /// <summary>How often at most a load is repeated before it counts as warmed up.</summary>
    public int WarmUpSlices => Quick ? 1 : 10;

    /// <summary>The share of the full dataset: a million events, or a tenth.</summary>
    public double Scale => Quick ? 0.1 : 1;

    public static BenchOptions? TryParse(IReadOnlyList<string> args) =>
        args.Any(arg => arg.StartsWith('-') && arg != "--quick")
            ? null
            : new BenchOptions([.. args.Where(arg => arg != "--quick")], args.Contains("--quick"));
}
