using System.Diagnostics.Metrics;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Caching;

/// <summary>What the cache measures. The hit rate of a tier is its hits, of both levels, over its hits and misses.</summary>
internal sealed class CacheMetrics
{
    private readonly Dictionary<CacheTier, Tier> _tiers;
    private readonly Counter<long> _stale;
    private readonly Counter<long> _unacknowledged;
    private readonly Gauge<long> _warmed;
    private readonly Gauge<double> _warmDuration;

    public CacheMetrics(IMeterFactory meters, Recorder recorder)
    {
        _tiers = new(
            CacheTier.All.Select(tier => KeyValuePair.Create(tier, new Tier(new CacheLookups(recorder, tier.Name), new("cache_type", tier.Name)))),
            ReferenceEqualityComparer.Instance);
        var meter = meters.Create(TelemetryNames.Prefix + "Cache");
        CacheLookups.Expose(meter, [.. _tiers.Values.Select(tier => tier.Lookups)]);
        _stale = meter.CreateCounter<long>("cache_stale_total", description: "Answers served stale because the database could not be asked; they are hits as well.");
        _unacknowledged = meter.CreateCounter<long>("cache_invalidations_unacknowledged_total", description: "Writes that were answered before every process had dropped what they invalidate.");
        _warmed = meter.CreateGauge<long>("cache_warmed_answers", description: "Answers that the last warm-up put into Redis.");
        _warmDuration = meter.CreateGauge<double>("cache_warm_duration_seconds", unit: "s", description: "How long the last warm-up took.");
    }

    public void Count(CacheTier tier, CacheSource source, bool stale)
    {
        var counts = _tiers[tier];
        switch (source)
        {
            case CacheSource.Miss:
                counts.Lookups.Miss();
                break;
            case CacheSource.Redis:
                counts.Lookups.HitInRedis();
                break;
            default:
                counts.Lookups.HitInMemory();
                break;
        }

        if (stale)
        {
            _stale.Add(1, counts.Label);
        }
    }

    public void Unacknowledged() => _unacknowledged.Add(1);

    public void Warmed(CacheTier tier, int answers) => _warmed.Record(answers, _tiers[tier].Label);

    public void WarmUpTook(TimeSpan duration) => _warmDuration.Record(duration.TotalSeconds);

    private sealed record Tier(CacheLookups Lookups, KeyValuePair<string, object?> Label);
}
