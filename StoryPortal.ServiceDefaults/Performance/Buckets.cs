using System.Numerics;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>
/// Log-linear buckets for times, as in HdrHistogram: 64 of one microsecond, then 32 for each doubling, up to 134 seconds. Whatever is read from them
/// is at most 3.2 % too high.
/// </summary>
internal static class Buckets
{
    private const int LinearBits = 6;
    private const int Linear = 1 << LinearBits;
    private const int Half = Linear / 2;
    private const int HighestBit = 27;

    public const int Count = Linear + ((HighestBit - LinearBits) * Half);

    private const long Longest = (1L << HighestBit) - 1;

    /// <summary>The bucket of a time.</summary>
    public static int IndexOf(TimeSpan time) => IndexOf(time.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>The bucket of so many microseconds.</summary>
    public static int IndexOf(long microseconds)
    {
        var value = (uint)Math.Clamp(microseconds, 0, Longest);
        if (value < Linear)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2(value) - LinearBits + 1;
        return Linear + ((shift - 1) * Half) + (int)(value >> shift) - Half;
    }

    /// <summary>The longest time that lies in a bucket, in microseconds.</summary>
    public static long HighestOf(int index)
    {
        if (index < Linear)
        {
            return index;
        }

        var shift = ((index - Linear) / Half) + 1;
        long value = ((index - Linear) % Half) + Half;
        return ((value + 1) << shift) - 1;
    }
}
