namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// Counters that many threads add to: each thread has its own, so that adding takes neither a lock nor another processor's cache line. A reader adds them up.
/// </summary>
internal sealed class Stripes
{
    private const int Padding = 16; // a cache line, and the one that is fetched with it

    private static int s_made;

    // By the number of the counters: what this thread counted.
    [ThreadStatic]
    private static long[]?[]? s_ofThread;

    private readonly int _count;
    private readonly int _number = Interlocked.Increment(ref s_made) - 1;
    private readonly List<(Thread Owner, long[] Counts)> _stripes = [];

    /// <summary>So many counters.</summary>
    public Stripes(int count) => _count = count;

    /// <summary>The counters of this thread, which alone adds to them.</summary>
    public long[] Mine
    {
        get
        {
            var stripes = s_ofThread;
            return (stripes is not null && (uint)_number < (uint)stripes.Length ? stripes[_number] : null) ?? Begin();
        }
    }

    /// <summary>What all threads have counted, of so many counters.</summary>
    public long[] Sum(int first, int count)
    {
        var sum = new long[count];
        lock (_stripes)
        {
            foreach (var (_, counts) in _stripes)
            {
                for (var i = 0; i < sum.Length; i++)
                {
                    sum[i] += Volatile.Read(ref counts[first + i]);
                }
            }
        }

        return sum;
    }

    // Threads come and go: a new one goes on with what one left that has ended.
    private long[] Begin()
    {
        long[] counts;
        lock (_stripes)
        {
            var left = _stripes.FindIndex(stripe => !stripe.Owner.IsAlive);
            counts = left < 0 ? new long[_count + Padding] : _stripes[left].Counts;
            if (left >= 0)
            {
                _stripes.RemoveAt(left);
            }

            _stripes.Add((Thread.CurrentThread, counts));
        }

        if (s_ofThread is not { } stripes || stripes.Length <= _number)
        {
            Array.Resize(ref s_ofThread, Math.Max(_number + 1, Volatile.Read(ref s_made)));
            stripes = s_ofThread;
        }

        stripes[_number] = counts;
        return counts;
    }
}
