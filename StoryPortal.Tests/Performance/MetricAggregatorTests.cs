using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>Windows and percentiles of the measurements of a process.</summary>
public sealed class MetricAggregatorTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(49_999)]
    [InlineData(50_000)]
    [InlineData(1_234_567)]
    [InlineData(100_000_000)]
    public void A_bucket_is_at_most_3_2_percent_too_high(long microseconds)
    {
        var upperBound = LatencyHistogram.GetUpperBound(LatencyHistogram.GetIndex(microseconds));
        Assert.InRange(upperBound, microseconds, (long)Math.Ceiling(microseconds * 1.032));
    }

    [Fact]
    public void Buckets_are_in_order_and_without_gaps()
    {
        for (var i = 1; i < LatencyHistogram.BucketCount; i++)
        {
            Assert.Equal(i, LatencyHistogram.GetIndex(LatencyHistogram.GetUpperBound(i)));
            Assert.Equal(i, LatencyHistogram.GetIndex(LatencyHistogram.GetUpperBound(i - 1) + 1));
        }

        Assert.Equal(LatencyHistogram.BucketCount - 1, LatencyHistogram.GetIndex(long.MaxValue));
        Assert.Equal(0, LatencyHistogram.GetIndex(-1));
    }

    [Fact]
    public void Percentiles_are_those_of_the_recorded_durations()
    {
        var metrics = new MetricAggregator(_time);
        for (var ms = 1; ms <= 1000; ms++)
        {
            metrics.Record("a", TimeSpan.FromMilliseconds(ms));
        }

        var histogram = new LatencyHistogram().Add(metrics.Read().Histograms["a"].Total);
        Assert.Equal(1000, histogram.Count);
        Assert.InRange(histogram.Percentile(50)!.Value, 500, 516);
        Assert.InRange(histogram.Percentile(95)!.Value, 950, 981);
        Assert.InRange(histogram.Percentile(99)!.Value, 990, 1022);
        Assert.Null(new LatencyHistogram().Percentile(95));
    }

    [Fact]
    public void Histograms_of_two_processes_are_merged_and_not_averaged()
    {
        // 99 fast requests here, 99 slow ones there: the median of all is fast or slow, and never between.
        var (fast, slow) = (new MetricAggregator(_time), new MetricAggregator(_time));
        for (var i = 0; i < 99; i++)
        {
            fast.Record("a", TimeSpan.FromMilliseconds(1));
            slow.Record("a", TimeSpan.FromMilliseconds(1000));
        }

        var merged = new LatencyHistogram().Add(fast.Read().Histograms["a"].Total).Add(slow.Read().Histograms["a"].Total);
        Assert.InRange(merged.Percentile(50)!.Value, 1, 1.04);
        Assert.InRange(merged.Percentile(51)!.Value, 1000, 1040);
    }

    [Fact]
    public void The_window_drops_measurements_after_five_minutes_and_the_total_keeps_them()
    {
        var metrics = new MetricAggregator(_time);
        metrics.Record("a", TimeSpan.FromMilliseconds(5));
        metrics.Add("b", 7);
        metrics.Sample("c", 40);

        Pass(290);
        metrics.Add("b", 1);
        var (histograms, counters, gauges) = metrics.Read();
        Assert.Equal((1, 8, 40), (new LatencyHistogram().Add(histograms["a"].Window).Count, counters["b"].Window, gauges["c"].Window.Highest));

        Pass(30);
        (histograms, counters, gauges) = metrics.Read();
        Assert.Equal((0, 1, 0), (new LatencyHistogram().Add(histograms["a"].Window).Count, counters["b"].Window, gauges["c"].Window.Samples));
        Assert.Equal((1, 8, 40), (new LatencyHistogram().Add(histograms["a"].Total).Count, counters["b"].Total, gauges["c"].Total.Highest));

        Pass(300);
        (_, counters, _) = metrics.Read();
        Assert.Equal((0, 8), (counters["b"].Window, counters["b"].Total));

        // A process reads its own measurements every two seconds.
        void Pass(int seconds)
        {
            for (var passed = 0; passed < seconds; passed += 2)
            {
                _time.Advance(TimeSpan.FromSeconds(2));
                metrics.Read();
            }
        }
    }

    [Fact]
    public void Durations_of_the_warm_up_do_not_count_and_requests_do()
    {
        var metrics = new MetricAggregator(_time, TimeSpan.FromMinutes(1));
        for (var second = 0; second < 60; second++)
        {
            metrics.Record("a", TimeSpan.FromSeconds(3));
            metrics.Add("b");
            Assert.Empty(metrics.Read().Histograms);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _time.Advance(TimeSpan.FromSeconds(MetricAggregator.SliceSeconds));
        metrics.Read();
        metrics.Record("a", TimeSpan.FromMilliseconds(5));
        var (histograms, counters, _) = metrics.Read();
        Assert.Equal((1, 1), (new LatencyHistogram().Add(histograms["a"].Window).Count, new LatencyHistogram().Add(histograms["a"].Total).Count));
        Assert.Equal(60, counters["b"].Window);
        Assert.Equal(60, metrics.ReadSlices(["a"]).Sum(slice => new LatencyHistogram().Add(slice.Times).Count)); // traffic includes the warm-up

        _time.Advance(TimeSpan.FromSeconds(MetricAggregator.WindowSeconds + MetricAggregator.SliceSeconds));
        histograms = metrics.Read().Histograms;
        Assert.Equal((0, 1), (new LatencyHistogram().Add(histograms["a"].Window).Count, new LatencyHistogram().Add(histograms["a"].Total).Count));
    }

    [Fact]
    public async Task Measurements_of_many_threads_are_all_counted()
    {
        const int Each = 50_000;
        var metrics = new MetricAggregator(_time);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                metrics.Record("a", TimeSpan.FromMicroseconds(i));
                metrics.Add("b");
            }
        })));

        var (histograms, counters, _) = metrics.Read();
        Assert.Equal((8 * Each, 8 * Each), (new LatencyHistogram().Add(histograms["a"].Total).Count, counters["b"].Total));
    }
}
