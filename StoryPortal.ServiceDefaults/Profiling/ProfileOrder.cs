using StackExchange.Redis;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Profiling;

/// <summary>A request for a profile, as one process sends it to another through Redis.</summary>
/// <param name="Id">The profile's id.</param>
/// <param name="Seconds">For how long to sample; 0 ends the profile of that id: nobody waits for it any more.</param>
public sealed record ProfileOrder(Guid Id, int Seconds)
{
    /// <summary>The most seconds that a profile may take.</summary>
    public const int MostSeconds = 60;

    /// <summary>Where an instance listens for orders.</summary>
    public static RedisChannel ChannelOf(string service, string instance) => RedisChannel.Literal($"{CacheNames.Prefix}profile:order:{service}:{instance}");

    /// <summary>Where the outcome is told to whoever asked.</summary>
    public static RedisChannel OutcomeOf(Guid id) => RedisChannel.Literal($"{CacheNames.Prefix}profile:outcome:{id}");
}
