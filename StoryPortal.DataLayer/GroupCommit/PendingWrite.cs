using System.Diagnostics;

namespace StoryPortal.DataLayer.GroupCommit;

/// <summary>A row that waits for its commit. Its caller may give up until it is taken; from then on only the commit decides.</summary>
internal sealed class PendingWrite<TRow>(TRow row, Guid id, int bytes) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private int _state = Waiting;

    public TRow Row => row;

    public Guid Id => id;

    public int Bytes => bytes;

    /// <summary>The request that wants the row written.</summary>
    public Activity? Request { get; } = Activity.Current;

    /// <summary>Takes it to be written; false when its caller gave up.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>The caller gives up: true when the row is not taken yet, and will not be written.</summary>
    public bool Withdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) != Taken;
}
