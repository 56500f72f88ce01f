using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.Gateway.Caching;

/// <summary>A tag of cached responses: they are evicted together.</summary>
/// <param name="Name">Its name, which is also that of the output cache policy whose responses carry it.</param>
/// <param name="Slot">The slot of the hubs' cache tag for the same data.</param>
internal sealed record OutputCacheTag(string Name, int Slot)
{
    /// <summary>Responses made of the service registry.</summary>
    public static readonly OutputCacheTag Services = new("services", CacheNames.ServicesSlot);

    /// <summary>All tags.</summary>
    public static readonly IReadOnlyList<OutputCacheTag> All = [Services];

    /// <summary>Keys in Redis of the versions on which responses with this tag depend; hubs delete one with each write.</summary>
    public RedisKey[] VersionKeys { get; } = [$"{CacheNames.TagVersion}{CacheNames.EverythingSlot}", $"{CacheNames.TagVersion}{Slot}"];

    /// <summary>Key of the tag's own version.</summary>
    public RedisKey VersionKey => VersionKeys[1];

    /// <summary>The tag of that name, or null.</summary>
    public static OutputCacheTag? Find(string name) => All.FirstOrDefault(tag => tag.Name == name);
}
