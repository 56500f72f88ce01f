namespace StoryPortal.Bench.Measurement;

/// <summary>What one run of a side found.</summary>
/// <param name="Value">In the unit of the benchmark.</param>
/// <param name="Operations">How many requests or rows it took, or 0 when they are not counted.</param>
internal readonly record struct Run(double Value, long Operations);

/// <summary>A run of the subject and one of the baseline.</summary>
/// <param name="Subject">The value of the subject.</param>
/// <param name="Baseline">The value of the baseline; null when there is none.</param>
/// <param name="SubjectFirst">Whether the subject was measured first; null when the calls of both alternate, or without a baseline.</param>
internal sealed record Pair(double Subject, double? Baseline = null, bool? SubjectFirst = null)
{
    /// <summary>The ratio of both, or the value of the subject.</summary>
    public double Figure => Subject / (Baseline ?? 1);
}

/// <summary>Measures pairs in random order, and adds up the processor time of each side over all of them.</summary>
/// <param name="processes">The processes that take part.</param>
/// <param name="order">Decides which side is measured first.</param>
internal sealed class PairRecorder(ProcessGroup processes, Random order)
{
    /// <summary>The processor time of all runs of the subject.</summary>
    public CpuUsage SubjectCpu { get; } = new();

    /// <summary>The processor time of all runs of the baseline.</summary>
    public CpuUsage BaselineCpu { get; } = new();

    /// <summary>Measures a value.</summary>
    public async Task<Pair> MeasureAsync(Func<Task<double>> subject) =>
        new(await RecordAsync(async () => new Run(await subject(), Operations: 0), SubjectCpu));

    /// <summary>Measures two sides, one after the other.</summary>
    public async Task<Pair> MeasureAsync(Func<Task<Run>> subject, Func<Task<Run>> baseline)
    {
        // A side that is always second would take over what the first leaves: garbage, dirty pages, a warm processor.
        if (order.Next(2) == 0)
        {
            var first = await RecordAsync(subject, SubjectCpu);
            return new Pair(first, await RecordAsync(baseline, BaselineCpu), SubjectFirst: true);
        }

        var second = await RecordAsync(baseline, BaselineCpu);
        return new Pair(await RecordAsync(subject, SubjectCpu), second, SubjectFirst: false);
    }

    private async Task<double> RecordAsync(Func<Task<Run>> side, CpuUsage cpu)
    {
        var before = processes.Cpu();
        var run = await side();
        cpu.Add(before, processes.Cpu(), run.Operations);
        return run.Value;
    }
}
