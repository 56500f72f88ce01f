namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Counts that only grow, and their values at the end of each slice of the window.</summary>
/// <param name="size">The number of counts: the buckets of a histogram, or 1 for a counter.</param>
internal sealed class SlidingCounts(int size)
{
    private readonly long[] _counts = new long[size];
    private readonly Queue<long[]> _sliceEnds = [];
    private long[] _windowStart = new long[size];
    private long[] _last = new long[size];
    private long[] _excluded = new long[size];

    /// <summary>Counts since the start, of the first count alone.</summary>
    public long Total => Volatile.Read(ref _counts[0]);

    /// <summary>Adds to the count at <paramref name="index"/>. Any thread may call it.</summary>
    public void Add(int index, long count) => Interlocked.Add(ref _counts[index], count);

    /// <summary>Ends a slice, and drops the slices before the last <paramref name="slices"/>.</summary>
    public void EndSlice(int slices)
    {
        _last = _counts.AsSpan().SequenceEqual(_last) ? _last : [.. _counts]; // an idle process keeps one array
        _sliceEnds.Enqueue(_last);
        while (_sliceEnds.Count > slices)
        {
            _windowStart = _sliceEnds.Dequeue();
        }
    }

    /// <summary>Excludes what was recorded until now from <see cref="ReadWindow"/> and <see cref="ReadTotal"/>.</summary>
    public void Exclude() => _excluded = [.. _counts];

    /// <summary>Counts of the window that are not 0, in pairs of index and count.</summary>
    public long[] ReadWindow() => Subtract(_counts, [.. _windowStart.Zip(_excluded, Math.Max)]);

    /// <summary>Counts since the start that are not 0, in pairs of index and count.</summary>
    public long[] ReadTotal() => Subtract(_counts, _excluded);

    /// <summary>Counts of each slice that has ended, the oldest first, in pairs of index and count.</summary>
    public IReadOnlyList<long[]> ReadSlices() => [.. _sliceEnds.Prepend(_windowStart).Zip(_sliceEnds, (start, end) => Subtract(end, start))];

    private static long[] Subtract(long[] counts, long[] before)
    {
        var pairs = new List<long>();
        for (var i = 0; i < counts.Length; i++)
        {
            if (Volatile.Read(ref counts[i]) - before[i] is not 0 and var count)
            {
                pairs.Add(i);
                pairs.Add(count);
            }
        }

        return [.. pairs];
    }
}
