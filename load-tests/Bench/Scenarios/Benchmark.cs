using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios;

/// <summary>One measurement of the product, repeated: a value, or a ratio to a baseline that does the same work.</summary>
/// <param name="name">The name, by which bench.sh selects and <see cref="AimTable"/> has the aim.</param>
/// <param name="subject">What is measured of the product.</param>
/// <param name="baseline">What the product is compared with; null when the value itself is the figure.</param>
/// <param name="unit">The unit of both sides.</param>
internal abstract class Benchmark(string name, string subject, string? baseline, string unit)
{
    public string Name => name;

    public string Subject => subject;

    public string? Baseline => baseline;

    public string Unit => unit;

    /// <summary>The aim, or null when the figure is only printed.</summary>
    public Aim? Aim => AimTable.All.GetValueOrDefault(name);

    /// <summary>Whether <c>--quick</c> measures it.</summary>
    public virtual bool IsQuick => Aim is not null;

    /// <summary>How many pairs are measured.</summary>
    public virtual int Pairs(BenchmarkOptions options) => options.Pairs;

    /// <summary>How long each side of a pair is loaded.</summary>
    public TimeSpan Load(BenchmarkOptions options) => options.Load(hasAim: Aim is not null);

    /// <summary>Sets up and warms up what is measured.</summary>
    public virtual Task PrepareAsync(BenchmarkEnvironment environment) => Task.CompletedTask;

    /// <summary>Measures both sides once.</summary>
    public abstract Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment, PairRecorder recorder);

    /// <summary>Removes what <see cref="PrepareAsync"/> has left in the system; also after a failure.</summary>
    public virtual Task CleanUpAsync(BenchmarkEnvironment environment) => Task.CompletedTask;
}

/// <summary>A benchmark whose figure is a value.</summary>
internal abstract class ValueBenchmark(string name, string subject, string unit) : Benchmark(name, subject, baseline: null, unit)
{
    public override Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment, PairRecorder recorder) =>
        recorder.MeasureAsync(() => MeasureAsync(environment));

    protected abstract Task<double> MeasureAsync(BenchmarkEnvironment environment);
}

/// <summary>A benchmark whose figure is the ratio of two runs that follow each other, in random order.</summary>
internal abstract class ComparisonBenchmark(string name, string subject, string baseline, string unit)
    : Benchmark(name, subject, baseline, unit)
{
    public override Task<Pair> MeasurePairAsync(BenchmarkEnvironment environment, PairRecorder recorder) =>
        recorder.MeasureAsync(() => MeasureSubjectAsync(environment), () => MeasureBaselineAsync(environment));

    protected abstract Task<Run> MeasureSubjectAsync(BenchmarkEnvironment environment);

    protected abstract Task<Run> MeasureBaselineAsync(BenchmarkEnvironment environment);
}
