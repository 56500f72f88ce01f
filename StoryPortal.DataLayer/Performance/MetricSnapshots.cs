using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.DataLayer.Performance;

/// <summary>The snapshots of several processes, merged: buckets and counts are added, percentiles are never averaged.</summary>
public sealed class MetricSnapshots(IReadOnlyList<ProcessSnapshot> processes)
{
    private const int Digits = 3;

    // A process publishes every two seconds: until all processes have, a slice would seem to hold too few requests.
    private const int SettledSeconds = 3;

    /// <summary>The snapshots.</summary>
    public IReadOnlyList<ProcessSnapshot> Processes => processes;

    /// <summary>The row of an objective.</summary>
    public ScorecardRow Row(Slo target)
    {
        var (current, samples) = Value(target, times => times.Window, count => count.Window, state => state.Window);
        var (total, seen) = Value(target, times => times.Total, count => count.Total, state => state.Total);
        current = samples >= target.MinSamples ? current : null;
        var status = current is not { } value ? RowStatus.NoData
            : !target.IsMet(value) ? RowStatus.Missed
            : target.IsAtRisk(value) ? RowStatus.AtRisk
            : RowStatus.Ok;
        return new ScorecardRow(
            target.Id, target.Area, target.What, target.Value, target.Direction == Direction.Below ? "below" : "above", target.Unit,
            Rounded(current), Rounded(seen >= target.MinSamples ? total : null), samples, status);
    }

    /// <summary>API requests in every slice of the window that all processes have published, the oldest first.</summary>
    public IReadOnlyList<TrafficSlice> Traffic(DateTimeOffset now)
    {
        var end = now.ToUnixTimeSeconds() - MetricAggregator.SliceSeconds - SettledSeconds;
        return
        [
            .. processes.SelectMany(process => process.Traffic)
                .Where(slice => slice.Begin <= end && slice.Begin > end - MetricAggregator.WindowSeconds)
                .GroupBy(slice => slice.Begin).OrderBy(slices => slices.Key).Select(slices =>
                {
                    var times = slices.Aggregate(new LatencyHistogram(), (sum, slice) => sum.Add(slice.Times));
                    return new TrafficSlice(
                        DateTimeOffset.FromUnixTimeSeconds(slices.Key), (double)times.Count / MetricAggregator.SliceSeconds, Rounded(times.Percentile(50)), Rounded(times.Percentile(95)));
                }),
        ];
    }

    /// <summary>A count over the window, of all processes.</summary>
    public long Count(string name) => processes.Sum(process => process.Counts.GetValueOrDefault(name)?.Window ?? 0);

    /// <summary>A count since the processes started.</summary>
    public long Total(string name) => processes.Sum(process => process.Counts.GetValueOrDefault(name)?.Total ?? 0);

    /// <summary>The highest sample of a gauge since the processes started; null without a sample.</summary>
    public double? Highest(string name) =>
        processes.Select(process => process.States.GetValueOrDefault(name)).OfType<GaugeSeries>().Select(state => (double?)state.Total.Highest).Max();

    /// <summary>The names of counts that begin so, without that beginning.</summary>
    public IEnumerable<string> NamesAfter(string prefix) =>
        processes.SelectMany(process => process.Counts.Keys).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).Distinct();

    /// <summary>What a tier of the cache did over the window.</summary>
    public CacheReport Cache(string tier)
    {
        var (memory, redis, misses) = (Count(MetricNames.Hits(tier, "l1")), Count(MetricNames.Hits(tier, "l2")), Count(MetricNames.Misses(tier)));
        return new CacheReport(tier, memory, redis, misses, Rounded(Percent(memory + redis, memory + redis + misses)), Rounded(Percent(redis, redis + misses)));
    }

    private (double? Value, long Samples) Value(
        Slo target, Func<HistogramSeries, long[]> times, Func<CounterSeries, long> count, Func<GaugeSeries, GaugeSamples> state) => target.Measure switch
        {
            Measure.P95 => Percentile(target, times, 95),
            Measure.P99 => Percentile(target, times, 99),
            Measure.Percent => Share(target, count),
            Measure.Highest => States(target, state, seen => seen.SelectMany(ranges => ranges).Max(range => range.Highest)),

            // A server that several processes sample counts once.
            Measure.SumOfHighest => States(target, state, seen => seen.Sum(ranges => Combined(ranges, range => range.Highest))),
            _ => States(target, state, seen => seen.Sum(ranges => Combined(ranges, range => range.Mean))),
        };

    private (double? Value, long Samples) Percentile(Slo target, Func<HistogramSeries, long[]> times, double percent)
    {
        var histogram = new LatencyHistogram();
        foreach (var process in processes)
        {
            foreach (var source in target.Sources)
            {
                if (process.Times.TryGetValue(source, out var measured))
                {
                    histogram.Add(times(measured));
                }
            }
        }

        return (histogram.Percentile(percent), histogram.Count);
    }

    private (double? Value, long Samples) Share(Slo target, Func<CounterSeries, long> count)
    {
        var of = Sum(target.Of!);
        return (Percent(Sum(target.Sources), of), of);

        long Sum(string[] names) => names.Sum(name => processes.Sum(process => process.Counts.TryGetValue(name, out var measured) ? count(measured) : 0));
    }

    // Every source must be known: a partial sum would be too small.
    private (double? Value, long Samples) States(Slo target, Func<GaugeSeries, GaugeSamples> state, Func<GaugeSamples[][], double> combine)
    {
        GaugeSamples[][] seen = [.. target.Sources.Select(source => SeenOf(source, state))];
        return seen.All(ranges => ranges.Length > 0) ? (combine(seen), seen.Sum(ranges => ranges.Sum(range => range.Samples))) : (null, 0);
    }

    private GaugeSamples[] SeenOf(string source, Func<GaugeSeries, GaugeSamples> state)
    {
        GaugeSamples[] seen =
        [
            .. processes.Select(process => process.States.GetValueOrDefault(source)).OfType<GaugeSeries>()
                // A start-up is sampled once, and stays true when it lies further back than the window.
                .Select(measured => source == MetricNames.Startup ? measured.Total : state(measured)).Where(range => range.Samples > 0),
        ];
        return seen.Length == 0 || !MetricNames.IsShared(source) ? seen : [seen.MaxBy(range => range.Highest)];
    }

    private static double Combined(GaugeSamples[] ranges, Func<GaugeSamples, double> value) => ranges.Sum(value);

    private static double? Percent(long part, long whole) => whole == 0 ? null : 100.0 * part / whole;

    private static double? Rounded(double? value) => value is { } number ? Math.Round(number, Digits) : null;
}
