namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>What the processes of one system call their keys and channels in Redis.</summary>
public static class CacheNames
{
    /// <summary>Every key and every channel starts with this; the version changes when their format does.</summary>
    public const string Prefix = "sp_v2:";

    /// <summary>Channel with a message whenever the service registry has changed: who keeps answers made of it drops them. The message is the registry's index, or empty where that is not known.</summary>
    public const string ServicesChanged = Prefix + "services:changed";

    /// <summary>Prefix of the keys with the version of a cache tag, by slot: random bytes. A write deletes the key, which invalidates every response that carries the version.</summary>
    public const string TagVersion = Prefix + "version:";

    /// <summary>Slot of the tag that every cached response carries.</summary>
    public const int EverythingSlot = 0;

    /// <summary>Slot of the service registry's tag.</summary>
    public const int ServicesSlot = 2;

    /// <summary>Lifetime of a tag's version: longer than that of any cached response.</summary>
    public static readonly TimeSpan TagVersionTtl = TimeSpan.FromDays(7);

    /// <summary>Channel with a message, empty, whenever events were committed: who passes them on looks for new ones.</summary>
    public const string EventsStored = Prefix + "events:stored";
}
