using System.Collections.Concurrent;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// Aggregates the measurements of this process for the scorecard: histograms, counters and gauges by name, over the last five minutes and since the start.
/// A window consists of slices of ten seconds.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="warmUp">Time from the start of the process in which durations do not count; zero where all count.</param>
public sealed class MetricAggregator(TimeProvider time, TimeSpan warmUp = default)
{
    /// <summary>Seconds of the window.</summary>
    public const int WindowSeconds = 300;

    /// <summary>Seconds of a slice.</summary>
    public const int SliceSeconds = 10;

    private const int SlicesInWindow = WindowSeconds / SliceSeconds;

    private readonly ConcurrentDictionary<string, SlidingCounts> _histograms = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SlidingCounts> _counters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SlidingGauge> _gauges = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();

    // Slices begin at multiples of ten seconds, in every process: the slices of all processes are added.
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private long _endedSlices;

    private double SecondsBeforeStart => _startedAt.ToUnixTimeMilliseconds() / 1000.0 % SliceSeconds;

    /// <summary>Records a duration in a histogram.</summary>
    public void Record(string histogram, TimeSpan duration) => GetHistogram(histogram).Add(LatencyHistogram.GetIndex(duration.Ticks / TimeSpan.TicksPerMicrosecond), 1);

    /// <summary>Adds to a counter.</summary>
    public void Add(string counter, long count = 1) => GetCounter(counter).Add(0, count);

    /// <summary>Records a sample of a gauge.</summary>
    public void Sample(string gauge, double value) => _gauges.GetOrAdd(gauge, static _ => new SlidingGauge()).Record(value);

    /// <summary>The buckets of the histogram of that name.</summary>
    internal SlidingCounts GetHistogram(string name) => _histograms.GetOrAdd(name, static _ => new SlidingCounts(LatencyHistogram.BucketCount));

    /// <summary>The counter of that name.</summary>
    internal SlidingCounts GetCounter(string name) => _counters.GetOrAdd(name, static _ => new SlidingCounts(1));

    /// <summary>All series of a snapshot.</summary>
    internal (Dictionary<string, HistogramSeries> Histograms, Dictionary<string, CounterSeries> Counters, Dictionary<string, GaugeSeries> Gauges) Read()
    {
        lock (_lock)
        {
            EndSlices();
            return (
                IsWarmUp() ? [] : _histograms.Select(pair => (pair.Key, Series: new HistogramSeries(pair.Value.ReadWindow(), pair.Value.ReadTotal())))
                    .Where(pair => pair.Series.Total.Length > 0).ToDictionary(pair => pair.Key, pair => pair.Series),
                _counters.ToDictionary(pair => pair.Key, pair => new CounterSeries(pair.Value.ReadWindow().ElementAtOrDefault(1), pair.Value.Total)),
                _gauges.ToDictionary(pair => pair.Key, pair => pair.Value.Read()));
        }
    }

    /// <summary>The durations of these histograms in each slice of the window that has ended, the oldest first. The warm-up is included.</summary>
    internal TrafficSeries[] ReadSlices(IReadOnlyCollection<string> histograms)
    {
        lock (_lock)
        {
            EndSlices();
            IReadOnlyList<long[]>[] slices = [.. histograms.Select(name => _histograms.GetValueOrDefault(name)).OfType<SlidingCounts>().Select(counts => counts.ReadSlices())];
            var first = _startedAt.ToUnixTimeSeconds() / SliceSeconds;
            return
            [
                .. Enumerable.Range(1, (int)Math.Min(_endedSlices, SlicesInWindow)).Reverse().Select(back => new TrafficSeries(
                    (first + _endedSlices - back) * SliceSeconds, [.. slices.Where(known => known.Count >= back).SelectMany(known => known[^back])])),
            ];
        }
    }

    // Ends as many slices as time has passed, so that the window of a seldom read process ends now as well.
    private void EndSlices()
    {
        var now = (long)(time.GetElapsedTime(_start).TotalSeconds + SecondsBeforeStart) / SliceSeconds;
        for (; _endedSlices < now; _endedSlices++)
        {
            var isWarmUp = IsWarmUp();
            foreach (var histogram in _histograms.Values)
            {
                if (isWarmUp)
                {
                    histogram.Exclude();
                }

                histogram.EndSlice(SlicesInWindow);
            }

            foreach (var counter in _counters.Values)
            {
                counter.EndSlice(SlicesInWindow);
            }

            foreach (var gauge in _gauges.Values)
            {
                gauge.EndSlice(SlicesInWindow);
            }
        }
    }

    // Whether the present slice began in the warm-up: its durations include compilation and first connections.
    private bool IsWarmUp() => warmUp > TimeSpan.Zero && TimeSpan.FromSeconds(_endedSlices * SliceSeconds) < warmUp + TimeSpan.FromSeconds(SecondsBeforeStart);
}
