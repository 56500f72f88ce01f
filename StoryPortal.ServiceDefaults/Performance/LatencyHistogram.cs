using System.Numerics;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>A histogram of durations that is merged from the histograms of several processes: buckets are added, percentiles are never averaged.</summary>
public sealed class LatencyHistogram
{
    // Log-linear buckets as in HdrHistogram: 64 of one microsecond, then 32 for each doubling, up to 134 seconds. A percentile is at most 3.2 % too high.
    private const int LinearBits = 6;
    private const int LinearBuckets = 1 << LinearBits;
    private const int BucketsPerDoubling = LinearBuckets / 2;
    private const int HighestBit = 27;
    private const long MaxMicroseconds = (1L << HighestBit) - 1;

    private readonly long[] _counts = new long[BucketCount];

    /// <summary>The number of buckets.</summary>
    internal const int BucketCount = LinearBuckets + ((HighestBit - LinearBits) * BucketsPerDoubling);

    /// <summary>The number of durations.</summary>
    public long Count { get; private set; }

    /// <summary>Adds buckets in pairs of index and count; an index may occur more than once.</summary>
    public LatencyHistogram Add(ReadOnlySpan<long> buckets)
    {
        for (var i = 0; i + 1 < buckets.Length; i += 2)
        {
            if (buckets[i] is >= 0 and < BucketCount)
            {
                _counts[buckets[i]] += buckets[i + 1];
                Count += buckets[i + 1];
            }
        }

        return this;
    }

    /// <summary>The duration in milliseconds that <paramref name="percent"/> percent of the durations do not exceed; null without any.</summary>
    public double? Percentile(double percent)
    {
        var rank = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
            {
                return GetUpperBound(i) / 1000.0;
            }
        }

        return null;
    }

    /// <summary>The index of the bucket of a duration in microseconds.</summary>
    internal static int GetIndex(long microseconds)
    {
        var value = (uint)Math.Clamp(microseconds, 0, MaxMicroseconds);
        if (value < LinearBuckets)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2(value) - LinearBits + 1;
        return LinearBuckets + ((shift - 1) * BucketsPerDoubling) + (int)(value >> shift) - BucketsPerDoubling;
    }

    /// <summary>The longest duration of a bucket, in microseconds.</summary>
    internal static long GetUpperBound(int index)
    {
        if (index < LinearBuckets)
        {
            return index;
        }

        var shift = ((index - LinearBuckets) / BucketsPerDoubling) + 1;
        long value = ((index - LinearBuckets) % BucketsPerDoubling) + BucketsPerDoubling;
        return ((value + 1) << shift) - 1;
    }
}
