using System.Numerics;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// Counters that many threads add to: each processor has its own, so that adding neither waits nor allocates. A reader adds them up.
/// </summary>
internal sealed class Stripes(int count)
{
    private const int Padding = 16; // a cache line, and the one that is fetched with it

    private static readonly int Most = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 16));

    private readonly long[][] _counts = [.. Enumerable.Range(0, Most).Select(_ => new long[count + Padding])];

    public void Add(int index, long value = 1) => Interlocked.Add(ref _counts[Thread.GetCurrentProcessorId() & (Most - 1)][index], value);

    public long[] Sum()
    {
        var sum = new long[count];
        foreach (var stripe in _counts)
        {
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += Volatile.Read(ref stripe[i]);
            }
        }

        return sum;
    }
}
