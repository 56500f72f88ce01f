using System.Diagnostics.Metrics;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Lookups in a tier of a cache, counted once for Prometheus and the scorecard: a hit costs an addition and not two listeners.</summary>
/// <param name="recorder">Keeps the counts.</param>
/// <param name="tier">The tier, the <c>cache_type</c> of the metrics.</param>
public sealed class CacheLookups(Recorder recorder, string tier)
{
    private readonly Recorder.Tally _memory = recorder.TallyOf(Measured.Hits(tier, "l1"));
    private readonly Recorder.Tally _redis = recorder.TallyOf(Measured.Hits(tier, "l2"));
    private readonly Recorder.Tally _misses = recorder.TallyOf(Measured.Misses(tier));
    private readonly KeyValuePair<string, object?> _type = new("cache_type", tier);

    /// <summary>The memory of the process had the answer.</summary>
    public void HitInMemory() => _memory.Add();

    /// <summary>Redis had the answer.</summary>
    public void HitInRedis() => _redis.Add();

    /// <summary>No cache had it.</summary>
    public void Miss() => _misses.Add();

    /// <summary>Makes <c>cache_hits_total</c> and <c>cache_misses_total</c> of <paramref name="tiers"/>; hits by <c>level</c>, l1 for memory and l2 for Redis.</summary>
    public static void Expose(Meter meter, params IReadOnlyList<CacheLookups> tiers)
    {
        meter.CreateObservableCounter(
            "cache_hits_total", () => tiers.SelectMany(tier => tier.Hits()),
            description: "Lookups that found their answer, by level: l1 is the memory of the process, l2 is Redis.");
        meter.CreateObservableCounter(
            "cache_misses_total", () => tiers.Select(tier => new Measurement<long>(tier._misses.Total, tier._type)),
            description: "Lookups that no cache could answer.");
    }

    private IEnumerable<Measurement<long>> Hits() =>
    [
        new(_memory.Total, _type, new("level", "l1")),
        new(_redis.Total, _type, new("level", "l2")),
    ];
}
