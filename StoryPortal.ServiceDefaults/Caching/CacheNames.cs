namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>Names in Redis that several processes use.</summary>
public static class CacheNames
{
    /// <summary>Every key and channel begins with it.</summary>
    public const string KeyPrefix = "sp_v2:";

    /// <summary>The channel on which a change of the service registry is told.</summary>
    public const string ServicesChanged = "sp_v2:services:changed";
}
