using System.IO.Hashing;
using System.Runtime.InteropServices;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.DataLayer.Caching;

/// <summary>
/// What an answer is made of, so that a change to it can invalidate the answer: one tag for each entity, one for each family of lists. A tag is one
/// of a fixed number of slots, so that remembering when each was invalidated takes neither growing memory nor cleaning up. Two entities that
/// share a slot invalidate each other, now and then and for no harm.
/// </summary>
/// <param name="Slot">The slot.</param>
public readonly record struct CacheTag(int Slot)
{
    private const int FirstOfEntities = 16;
    private const int Entities = 1 << 14;

    internal const int Count = FirstOfEntities + Entities;

    /// <summary>On every answer.</summary>
    public static readonly CacheTag Everything = new(CacheNames.EverythingSlot);

    /// <summary>Lists of agents.</summary>
    public static readonly CacheTag AgentLists = new(1);

    /// <summary>The service registry: there are few services, and their lists are what is read.</summary>
    public static readonly CacheTag Services = new(CacheNames.ServicesSlot);

    /// <summary>Lists of sessions.</summary>
    public static readonly CacheTag SessionLists = new(3);

    /// <summary>Model configurations: there are few.</summary>
    public static readonly CacheTag Models = new(4);

    /// <summary>Quality scores, their lists and their summary.</summary>
    public static readonly CacheTag QualityScores = new(5);

    /// <summary>The tag of one entity.</summary>
    public static CacheTag Of(CacheTier tier, Guid id)
    {
        var seed = (int)XxHash32.HashToUInt32(MemoryMarshal.AsBytes(tier.Name.AsSpan()));
        return new CacheTag(FirstOfEntities + (int)(XxHash32.HashToUInt32(MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in id)), seed) % Entities));
    }
}
