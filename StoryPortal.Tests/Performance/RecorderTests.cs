using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>How a process keeps what it measures.</summary>
public sealed class RecorderTests
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
    public void A_time_is_kept_within_a_thirtieth(long microseconds)
    {
        var kept = Buckets.HighestOf(Buckets.IndexOf(microseconds));
        Assert.InRange(kept, microseconds, (long)Math.Ceiling(microseconds * 1.032));
    }

    [Fact]
    public void Buckets_are_in_order_and_without_gaps()
    {
        for (var i = 1; i < Buckets.Count; i++)
        {
            Assert.Equal(i, Buckets.IndexOf(Buckets.HighestOf(i)));
            Assert.Equal(i, Buckets.IndexOf(Buckets.HighestOf(i - 1) + 1));
        }
    }

    [Fact]
    public void What_is_longer_than_any_bucket_is_in_the_last()
    {
        Assert.Equal(Buckets.Count - 1, Buckets.IndexOf(long.MaxValue));
        Assert.Equal(0, Buckets.IndexOf(-1));
    }

    [Fact]
    public void What_threads_count_at_the_same_time_and_one_after_the_other_adds_up_also_once_they_have_ended()
    {
        var tally = new Recorder(_time).TallyOf("a");
        for (var round = 0; round < 5; round++)
        {
            var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    tally.Add();
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
        }

        Assert.Equal(5 * 8 * 1000, tally.Total);
    }

    [Fact]
    public void Percentiles_are_those_of_what_was_recorded()
    {
        var times = new Recorder(_time).TimesOf("a");
        for (var ms = 1; ms <= 1000; ms++)
        {
            times.Add(TimeSpan.FromMilliseconds(ms));
        }

        var histogram = new Histogram().Add(times.Read(false).Total);
        Assert.Equal(1000, histogram.Count);
        Assert.InRange(histogram.Percentile(50)!.Value, 500, 516);
        Assert.InRange(histogram.Percentile(95)!.Value, 950, 981);
        Assert.InRange(histogram.Percentile(99)!.Value, 990, 1022);
        Assert.Null(new Histogram().Percentile(95));
    }

    [Fact]
    public void Histograms_of_two_processes_are_merged_and_not_averaged()
    {
        // 99 fast requests here, 99 slow ones there: the median of all is fast or slow, and never between.
        var (fast, slow) = (new Recorder(_time).TimesOf("a"), new Recorder(_time).TimesOf("a"));
        for (var i = 0; i < 99; i++)
        {
            fast.Add(TimeSpan.FromMilliseconds(1));
            slow.Add(TimeSpan.FromMilliseconds(1000));
        }

        var merged = new Histogram().Add(fast.Read(false).Total).Add(slow.Read(false).Total);
        Assert.InRange(merged.Percentile(50)!.Value, 1, 1.04);
        Assert.InRange(merged.Percentile(51)!.Value, 1000, 1040);
    }

    [Fact]
    public void What_is_added_to_together_is_read_by_its_names()
    {
        var recorder = new Recorder(_time);
        Assert.Empty(recorder.Slices(["fast", "slow"])); // a snapshot may be taken before
        var group = recorder.GroupOf(["first", "second"], ["fast", "slow", "never"]);

        Parallel.For(0, 1000, i =>
        {
            var mine = group.Mine;
            mine.Add(0);
            if (i % 4 == 0)
            {
                mine.Add(1);
            }

            mine.Add(i % 2, TimeSpan.FromMilliseconds(i % 2 == 0 ? 1 : 1000));
        });

        var (times, counts, _) = recorder.Read();
        Assert.Equal((1000, 250), (counts["first"].Total, counts["second"].Total));
        Assert.Equal(["fast", "slow"], times.Keys.Order());
        Assert.Equal((500, 500), (new Histogram().Add(times["fast"].Total).Count, new Histogram().Add(times["slow"].Total).Count));
        Assert.InRange(new Histogram().Add(times["slow"].Total).Percentile(1)!.Value, 1000, 1040);
        Assert.Equal(1000, recorder.TallyOf("first").Total);
        Assert.Throws<InvalidOperationException>(() => recorder.GroupOf(["second"], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => recorder.GroupOf([.. Enumerable.Range(0, Recorder.Group.FirstTimes + 1).Select(i => $"{i}")], []));
    }

    [Fact]
    public void The_window_forgets_after_five_minutes_and_the_total_never()
    {
        var recorder = new Recorder(_time);
        recorder.TimesOf("a").Add(TimeSpan.FromMilliseconds(5));
        recorder.TallyOf("b").Add(7);
        recorder.StateOf("c").Set(40);

        Pass(290);
        recorder.TallyOf("b").Add(1);
        var (times, counts, states) = recorder.Read();
        Assert.Equal((1, 8, 40), (new Histogram().Add(times["a"].Window).Count, counts["b"].Window, states["c"].Window.Highest));

        Pass(30);
        (times, counts, states) = recorder.Read();
        Assert.Equal((0, 1, 0), (new Histogram().Add(times["a"].Window).Count, counts["b"].Window, states["c"].Window.Samples));
        Assert.Equal((1, 8, 40), (new Histogram().Add(times["a"].Total).Count, counts["b"].Total, states["c"].Total.Highest));

        Pass(300);
        (_, counts, _) = recorder.Read();
        Assert.Equal((0, 8), (counts["b"].Window, counts["b"].Total));

        // A process reads its own measurements every two seconds.
        void Pass(int seconds)
        {
            for (var passed = 0; passed < seconds; passed += 2)
            {
                _time.Advance(TimeSpan.FromSeconds(2));
                recorder.Read();
            }
        }
    }

    [Fact]
    public void Times_of_the_warm_up_do_not_count_and_requests_do()
    {
        var recorder = new Recorder(_time, TimeSpan.FromMinutes(1));
        for (var second = 0; second < 60; second++)
        {
            recorder.TimesOf("a").Add(TimeSpan.FromSeconds(3));
            recorder.TallyOf("b").Add();
            Assert.Empty(recorder.Read().Times);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _time.Advance(TimeSpan.FromSeconds(Recorder.SliceSeconds));
        recorder.Read();
        recorder.TimesOf("a").Add(TimeSpan.FromMilliseconds(5));
        var (times, counts, _) = recorder.Read();
        Assert.Equal((1, 1), (new Histogram().Add(times["a"].Window).Count, new Histogram().Add(times["a"].Total).Count));
        Assert.Equal(60, counts["b"].Window);
        Assert.Equal(60, recorder.Slices(["a"]).Sum(slice => new Histogram().Add(slice.Times).Count)); // the traffic is shown

        _time.Advance(TimeSpan.FromSeconds(Recorder.WindowSeconds + Recorder.SliceSeconds));
        times = recorder.Read().Times;
        Assert.Equal((0, 1), (new Histogram().Add(times["a"].Window).Count, new Histogram().Add(times["a"].Total).Count));
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_threads_record_at_once()
    {
        const int Each = 50_000;
        var recorder = new Recorder(_time);
        var (times, tally) = (recorder.TimesOf("a"), recorder.TallyOf("b"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                times.Add(TimeSpan.FromMicroseconds(i));
                tally.Add();
            }
        })));

        Assert.Equal((8 * Each, 8 * Each), (new Histogram().Add(times.Read(false).Total).Count, tally.Total));
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        const int Rounds = 100_000;
        var recorder = new Recorder(_time);
        var (times, tally) = (recorder.TimesOf("a"), recorder.TallyOf("b"));
        Record(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Record(Rounds);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Record(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                times.Add(TimeSpan.FromTicks(Stopwatch.GetTimestamp() & 0xffff));
                tally.Add();
            }
        }
    }
}
