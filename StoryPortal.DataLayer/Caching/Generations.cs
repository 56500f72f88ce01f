namespace StoryPortal.DataLayer.Caching;

/// <summary>
/// How often each tag has been invalidated, as far as this process knows. An answer carries the generations from before it was read; it is valid
/// for as long as they are the present ones. So a read in flight during a write is never taken for a read after it, whatever any clock says.
/// </summary>
internal sealed class Generations
{
    private readonly int[] _slots = new int[CacheTag.Count];

    public Stamp Now(CacheTag tag) => new(Volatile.Read(ref _slots[CacheTag.Everything.Slot]), Volatile.Read(ref _slots[tag.Slot]));

    public void Invalidate(int slot) => Interlocked.Increment(ref _slots[slot]);

    /// <summary>The generations of everything and of one tag.</summary>
    internal readonly record struct Stamp(int Everything, int Tag)
    {
        /// <summary>Whether nothing was invalidated between this stamp and <paramref name="earlier"/>, seen from the later one.</summary>
        public bool IsAtLeast(Stamp earlier) => Everything >= earlier.Everything && Tag >= earlier.Tag;
    }
}
