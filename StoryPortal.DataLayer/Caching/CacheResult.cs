namespace StoryPortal.DataLayer.Caching;

/// <summary>Where an answer came from.</summary>
public enum CacheSource
{
    /// <summary>The database.</summary>
    Miss,

    /// <summary>The memory of this process.</summary>
    Memory,

    /// <summary>Redis.</summary>
    Redis,

    /// <summary>A cache, while the database could not be asked whether it still holds.</summary>
    Stale,
}

/// <summary>What a lookup found.</summary>
/// <param name="Answer">The answer; its JSON is empty when there is no such thing.</param>
/// <param name="Source">Where it came from.</param>
public readonly record struct CacheResult(CachedAnswer Answer, CacheSource Source)
{
    /// <summary>The <c>X-Cache</c> header of what came from the database.</summary>
    public const string MissLabel = "MISS";

    /// <summary>A response that is not cached.</summary>
    public static CacheResult Uncached(Answer answer) => new(new CachedAnswer(answer, default, default, default), CacheSource.Miss);

    /// <summary>Whether there is such a thing.</summary>
    public bool Exists => !Answer.Json.IsEmpty;

    /// <summary>The <c>X-Cache</c> header: HIT, MISS or STALE.</summary>
    public string Label => Source switch
    {
        CacheSource.Miss => MissLabel,
        CacheSource.Stale => "STALE",
        _ => "HIT",
    };
}
