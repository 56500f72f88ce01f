using System.Buffers;
using StoryPortal.ServiceDefaults;

namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// Arrays for large bodies. Of the shared pool each thread keeps one of every size, a gigabyte after some dozen large bodies: here all threads share
/// two of each, and they are let go when no large body has come for a while.
/// </summary>
internal sealed class LargeArrays
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    private readonly ITimer _forget;
    private volatile ArrayPool<byte> _pool = Empty();

    public LargeArrays(TimeProvider time) =>
        _forget = time.CreateTimer(static arrays => ((LargeArrays)arrays!)._pool = Empty(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>The pool to take from now, and to give back to: one that comes after an array was taken lets it go.</summary>
    public ArrayPool<byte> Pool
    {
        get
        {
            _forget.Change(Life, Timeout.InfiniteTimeSpan);
            return _pool;
        }
    }

    private static ArrayPool<byte> Empty() => ArrayPool<byte>.Create(BodyLimits.Batch, maxArraysPerBucket: 2);
}
