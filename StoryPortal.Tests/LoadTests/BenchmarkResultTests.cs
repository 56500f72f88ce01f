using StoryPortal.Bench;
using StoryPortal.Bench.Measurement;
using StoryPortal.Bench.Reporting;
using StoryPortal.Bench.Scenarios;

namespace StoryPortal.Tests.LoadTests;

/// <summary>From measured pairs to the interval, the verdict and the exit code of the benchmark.</summary>
public sealed class BenchmarkResultTests
{
    private const string NameWithAim = "ingest/bulk of 10,000"; // at least 0.6
    private const string NameWithLimit = "resources/start to healthy"; // at most 20
    private const string NameWithoutAim = "gateway/proxied GET vs nginx, HTTP/1.1";

    [Fact]
    public void Equal_samples_have_an_interval_of_one_point() =>
        Assert.Equal(new Interval(0.9, 0.9), BootstrapInterval.OfMedian([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]));

    [Fact]
    public void The_interval_is_the_same_each_time() =>
        Assert.Equal(BootstrapInterval.OfMedian([0.7, 1.3, 0.9, 1.1, 0.8]), BootstrapInterval.OfMedian([0.7, 1.3, 0.9, 1.1, 0.8]));

    [Fact]
    public void The_interval_of_three_samples_is_from_the_lowest_to_the_highest() =>
        Assert.Equal(new Interval(0.7, 1.3), BootstrapInterval.OfMedian([1.3, 0.7, 0.9]));

    [Fact]
    public void One_sample_far_off_does_not_widen_the_interval_of_nine() =>
        Assert.InRange(BootstrapInterval.OfMedian([1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.01, 0.99, 0.2]).Lower, 0.97, 1);

    [Fact]
    public void The_interval_contains_the_median_of_the_distribution_in_nine_of_ten_series()
    {
        const int Series = 200;
        var random = new Random(7);
        var contained = Enumerable.Range(0, Series).Count(_ =>
        {
            var interval = BootstrapInterval.OfMedian([.. Enumerable.Range(0, 9).Select(_ => random.NextDouble())]);
            return interval.Lower <= 0.5 && 0.5 <= interval.Upper;
        });
        Assert.InRange(contained, 0.9 * Series, 0.99 * Series);
    }

    [Fact]
    public void The_median_of_an_even_number_of_samples_lies_between_the_two_in_the_middle() =>
        Assert.Equal(2.5, new[] { 4.0, 1, 3, 2 }.Median());

    [Theory]
    [InlineData(0.6, 0.9, true)]
    [InlineData(0.59, 0.9, false)] // the median may be above: chance is not excluded
    public void A_lower_bound_is_met_when_the_lower_end_reaches_it(double lower, double upper, bool met) =>
        Assert.Equal(met, Aim.AtLeast(0.6).IsMetBy(new Interval(lower, upper)));

    [Theory]
    [InlineData(10, 20, true)]
    [InlineData(10, 20.1, false)]
    public void An_upper_bound_is_met_when_the_upper_end_reaches_it(double lower, double upper, bool met) =>
        Assert.Equal(met, Aim.AtMost(20).IsMetBy(new Interval(lower, upper)));

    [Fact]
    public void The_figure_is_the_median_of_the_ratios_of_each_pair()
    {
        var result = BenchmarkResult.From(new TestBenchmark(NameWithAim, "baseline"), [new(70, 100), new(140, 200), new(9, 10)]);
        Assert.Equal((0.7, 70.0, 100.0, true), (result.Figure, result.SubjectMedian, result.BaselineMedian, result.Met));
    }

    [Fact]
    public void A_median_above_the_aim_misses_it_while_the_interval_reaches_below() =>
        Assert.False(BenchmarkResult.From(new TestBenchmark(NameWithAim, "baseline"), [new(70, 100), new(70, 100), new(50, 100)]).Met);

    [Fact]
    public void The_figure_of_a_value_is_the_value_in_its_unit()
    {
        var result = BenchmarkResult.From(new TestBenchmark(NameWithLimit, baseline: null), [new(19)]);
        Assert.Equal((19.0, true, null), (result.Figure, result.Met, result.BaselineMedian));
    }

    [Fact]
    public void Without_an_aim_there_is_no_verdict() =>
        Assert.Null(BenchmarkResult.From(new TestBenchmark(NameWithoutAim, "baseline"), [new(1, 100)]).Met);

    [Fact]
    public void The_exit_code_is_0_when_every_aim_is_met() => Assert.Equal(0, ExitCode(Met, WithoutAim));

    [Fact]
    public void The_exit_code_is_1_when_one_aim_is_missed() => Assert.Equal(1, ExitCode(Met, Missed, WithoutAim));

    [Fact]
    public void A_measurement_that_failed_misses_its_aim()
    {
        var failed = BenchmarkResult.Failed(new TestBenchmark(NameWithAim, "baseline"), "no response");
        Assert.Equal((false, 1), (failed.Met, ExitCode(Met, failed)));
    }

    [Fact]
    public void The_exit_code_is_1_when_a_measurement_without_an_aim_failed() =>
        Assert.Equal(1, ExitCode(Met, BenchmarkResult.Failed(new TestBenchmark(NameWithoutAim, "baseline"), "no response")));

    [Fact]
    public void Each_aim_belongs_to_a_benchmark() =>
        Assert.Empty(AimTable.All.Keys.Except(BenchmarkCatalog.All.Select(benchmark => benchmark.Name)));

    [Fact]
    public void A_whole_run_has_at_least_nine_pairs_of_each_comparison()
    {
        var options = new BenchmarkOptions([], Quick: false);
        var comparisons = BenchmarkCatalog.All.OfType<ComparisonBenchmark>();
        Assert.All(comparisons, benchmark => Assert.True(benchmark.Pairs(options) >= 9, benchmark.Name));
    }

    [Fact]
    public void A_quick_run_has_fewer_pairs_and_says_that_its_verdicts_are_indicative()
    {
        var options = new BenchmarkOptions([], Quick: true);
        Assert.InRange(options.Pairs, 2, 8);
        Assert.Contains("indicative", Summary(quick: true), StringComparison.Ordinal);
        Assert.DoesNotContain("indicative", Summary(quick: false), StringComparison.Ordinal);

        static string Summary(bool quick) => ResultTable.Summary(new BenchmarkReport(default, quick, 2, [Met]));
    }

    [Fact]
    public async Task Either_side_of_a_pair_is_measured_first_at_times()
    {
        var recorder = new PairRecorder(new ProcessGroup(), new Random(1));
        var first = new List<bool?>();
        for (var i = 0; i < 20; i++)
        {
            var pair = await recorder.MeasureAsync(() => Task.FromResult(new Run(3, 10)), () => Task.FromResult(new Run(4, 10)));
            Assert.Equal(0.75, pair.Figure);
            first.Add(pair.SubjectFirst);
        }

        Assert.Equal([true, false], first.Distinct().OrderDescending());
    }

    [Fact]
    public void Processor_time_is_that_of_all_runs()
    {
        var usage = new CpuUsage();
        usage.Add(At(0, 1), At(1, 1.5), operations: 100);
        usage.Add(At(10, 5), At(13, 6.5), operations: 300);
        Assert.Equal((0.5, 5000.0), (usage.Cores["gateway"], usage.MicrosecondsPerOperation!["gateway"]));

        static CpuTimes At(double time, double cpu) =>
            new((long)(time * System.Diagnostics.Stopwatch.Frequency), new Dictionary<string, double> { ["gateway"] = cpu });
    }

    private static BenchmarkResult Met => BenchmarkResult.From(new TestBenchmark(NameWithAim, "baseline"), [new(90, 100)]);

    private static BenchmarkResult Missed => BenchmarkResult.From(new TestBenchmark(NameWithAim, "baseline"), [new(50, 100)]);

    private static BenchmarkResult WithoutAim => BenchmarkResult.From(new TestBenchmark(NameWithoutAim, "baseline"), [new(50, 100)]);

    private static int ExitCode(params BenchmarkResult[] results) => new BenchmarkReport(default, Quick: false, 2, results).ExitCode;

    private sealed class TestBenchmark(string name, string? baseline) : Benchmark(name, "subject", baseline, "unit")
    {
        public override Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment, PairRecorder recorder) =>
            throw new NotSupportedException();
    }
}
