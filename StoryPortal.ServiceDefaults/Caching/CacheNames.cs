namespace StoryPortal.ServiceDefaults.Caching;

/// <summary>What the processes of one system call their keys and channels in Redis.</summary>
public static class CacheNames
{
    /// <summary>Every key and every channel starts with this; the version changes when their format does.</summary>
    public const string Prefix = "sp_v2:";

    /// <summary>Channel with a message whenever the service registry has changed: who keeps answers made of it drops them. The message is the registry's index, or empty where that is not known.</summary>
    public const string ServicesChanged = Prefix + "services:changed";
}
