using System.Diagnostics.Metrics;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Caching;

/// <summary>The instruments of the cache. The hit rate of a tier is its hits, of both levels, over its hits and misses.</summary>
internal sealed class CacheMetrics
{
    private readonly CacheLookupCounters _lookups;
    private readonly Counter<long> _stale;
    private readonly Counter<long> _unacknowledged;
    private readonly Gauge<long> _warmed;
    private readonly Gauge<double> _warmDuration;

    public CacheMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(TelemetryNames.Prefix + "Cache");
        _lookups = new CacheLookupCounters(meter, CacheTier.All.Select(tier => tier.Name));
        _stale = meter.CreateCounter<long>("cache_stale_total", description: "Responses served stale because the database was away; they count as hits as well.");
        _unacknowledged = meter.CreateCounter<long>(
            "cache_invalidations_unacknowledged_total", description: "Writes whose response did not wait until every process had dropped what they invalidate.");
        _warmed = meter.CreateGauge<long>(MetricNames.Warmed, description: "Responses that the last warm-up stored in Redis.");
        _warmDuration = meter.CreateGauge<double>("cache_warm_duration_seconds", unit: "s", description: "Duration of the last warm-up.");
    }

    public void Count(CacheTier tier, CacheSource source, bool stale)
    {
        if (source == CacheSource.Miss)
        {
            _lookups.Miss(tier.Name);
        }
        else
        {
            _lookups.Hit(tier.Name, source == CacheSource.Redis ? "l2" : "l1");
        }

        if (stale)
        {
            _stale.Add(1, Label(tier));
        }
    }

    public void Unacknowledged() => _unacknowledged.Add(1);

    public void Warmed(CacheTier tier, int answers) => _warmed.Record(answers, Label(tier));

    public void WarmUpTook(TimeSpan duration) => _warmDuration.Record(duration.TotalSeconds);

    private static KeyValuePair<string, object?> Label(CacheTier tier) => new("cache_type", tier.Name);
}
