namespace StoryPortal.DataLayer.Caching;

/// <summary>
/// How often each tag has been invalidated, as far as this process knows. An answer carries the generations from before it was read; it is valid
/// for as long as they are the present ones. So a read in flight during a write is never taken for a read after it, whatever any clock says.
/// Doubts are counted beside them: of a write whose commit nobody knows of, an answer from before is asked again, and served as stale while nobody answers.
/// </summary>
internal sealed class Generations
{
    private readonly int[] _slots = new int[CacheTag.Count];
    private readonly int[] _doubts = new int[CacheTag.Count];

    public Stamp Now(CacheTag tag) => new(
        Volatile.Read(ref _slots[CacheTag.Everything.Slot]),
        Volatile.Read(ref _slots[tag.Slot]),
        Volatile.Read(ref _doubts[CacheTag.Everything.Slot]) + Volatile.Read(ref _doubts[tag.Slot]));

    public void Invalidate(int slot) => Interlocked.Increment(ref _slots[slot]);

    public void Doubt(int slot) => Interlocked.Increment(ref _doubts[slot]);

    /// <summary>The generations of everything and of one tag, and how often either was doubted.</summary>
    internal readonly record struct Stamp(int Everything, int Tag, int Doubts)
    {
        /// <summary>Whether nothing is known to have replaced what was read then; it may be in doubt.</summary>
        public bool IsValid(Stamp now) => Everything == now.Everything && Tag == now.Tag;

        /// <summary>Whether nothing was invalidated between this stamp and <paramref name="earlier"/>, seen from the later one.</summary>
        public bool IsAtLeast(Stamp earlier) => Everything >= earlier.Everything && Tag >= earlier.Tag;
    }
}
