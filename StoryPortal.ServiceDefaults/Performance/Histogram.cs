namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>How often which times occurred: what a <see cref="Recorder"/> kept, to be merged and asked. Percentiles are never averaged, buckets are added.</summary>
public sealed class Histogram
{
    private readonly long[] _counts = new long[Buckets.Count];

    /// <summary>How many times it holds.</summary>
    public long Count { get; private set; }

    /// <summary>Adds what <see cref="ToSparse"/> gave.</summary>
    public Histogram Add(ReadOnlySpan<long> sparse)
    {
        for (var i = 0; i + 1 < sparse.Length; i += 2)
        {
            if (sparse[i] is >= 0 and < Buckets.Count)
            {
                _counts[sparse[i]] += sparse[i + 1];
                Count += sparse[i + 1];
            }
        }

        return this;
    }

    /// <summary>The time that <paramref name="percent"/> of 100 take at most, in milliseconds; null without any.</summary>
    public double? Percentile(double percent)
    {
        var rank = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
            {
                return Buckets.HighestOf(i) / 1000.0;
            }
        }

        return null;
    }

    /// <summary>Buckets that are not empty, each followed by its count.</summary>
    internal static long[] ToSparse(ReadOnlySpan<long> counts, ReadOnlySpan<long> before = default)
    {
        var sparse = new List<long>();
        for (var i = 0; i < counts.Length; i++)
        {
            var count = counts[i] - (before.IsEmpty ? 0 : before[i]);
            if (count != 0)
            {
                sparse.Add(i);
                sparse.Add(count);
            }
        }

        return [.. sparse];
    }
}
