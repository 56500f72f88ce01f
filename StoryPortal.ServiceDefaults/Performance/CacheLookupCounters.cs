using System.Diagnostics.Metrics;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The counters <c>cache_hits_total</c> and <c>cache_misses_total</c> of the tiers of a cache.</summary>
public sealed class CacheLookupCounters
{
    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;

    /// <summary>Creates the counters at 0: a hit rate needs both, also before the first hit or miss.</summary>
    public CacheLookupCounters(Meter meter, IEnumerable<string> tiers)
    {
        _hits = meter.CreateCounter<long>(
            MetricNames.CacheHits, description: "Lookups that a cache answered, by level: l1 is the memory of the process, l2 is Redis.");
        _misses = meter.CreateCounter<long>(MetricNames.CacheMisses, description: "Lookups that no cache answered.");
        foreach (var tier in tiers)
        {
            _hits.Add(0, new("cache_type", tier), new("level", "l1"));
            _hits.Add(0, new("cache_type", tier), new("level", "l2"));
            _misses.Add(0, new KeyValuePair<string, object?>("cache_type", tier));
        }
    }

    /// <summary>Counts a lookup that a level answered: <c>l1</c>, the memory of the process, or <c>l2</c>, Redis.</summary>
    public void Hit(string tier, string level) => _hits.Add(1, new("cache_type", tier), new("level", level));

    /// <summary>Counts a lookup that no level answered.</summary>
    public void Miss(string tier) => _misses.Add(1, new KeyValuePair<string, object?>("cache_type", tier));
}
