using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Routes;

namespace StoryPortal.Gateway.Caching;

/// <summary>The answers that the gateway keeps, by group: in memory, over those that all gateways share in Redis.</summary>
internal sealed class OutputCache(SharedAnswers shared, ChangeNews news, IOptions<OutputCacheOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CacheGroup> _groups = new(StringComparer.Ordinal);
    private readonly TimeSpan _alone = TimeSpan.FromMilliseconds(options.Value.AloneMilliseconds);

    public CacheGroup Group(string name) => _groups.TryGetValue(name, out var group) ? group : _groups.GetOrAdd(name, name => new CacheGroup(name, options.Value, time));

    /// <summary>What is kept in memory, or null.</summary>
    public CachedAnswer? Find(CacheGroup group, string key, CachePolicy policy) =>
        group.Find(key, news.IsHeard ? policy.For : TimeSpan.FromTicks(Math.Min(policy.For.Ticks, _alone.Ticks)));

    /// <summary>What another gateway has fetched, or null.</summary>
    public async ValueTask<CachedAnswer?> FindSharedAsync(CacheGroup group, string key, CachePolicy policy)
    {
        if (!news.IsHeard)
        {
            return null;
        }

        var changes = group.Changes;
        var answer = await shared.FindAsync(group, key, policy.For);
        return answer is not null && group.TryKeep(key, answer, changes) ? answer : null;
    }

    public void Keep(CacheGroup group, string key, CachedAnswer answer, CachePolicy policy, int changes)
    {
        if (group.TryKeep(key, answer, changes) && news.IsHeard)
        {
            shared.Keep(group, key, answer, policy.For);
        }
    }

    /// <summary>Ends the answers of a group here and in Redis.</summary>
    public void Evict(string name)
    {
        var group = Group(name);
        group.Evict();
        shared.Evict(group);
    }

    public void EvictAll()
    {
        foreach (var name in _groups.Keys)
        {
            Evict(name);
        }
    }
}
