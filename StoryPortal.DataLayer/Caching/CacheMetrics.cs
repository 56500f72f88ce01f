using System.Diagnostics.Metrics;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Caching;

/// <summary>What the cache measures. The hit rate of a tier is its hits, of both levels, over its hits and misses.</summary>
internal sealed class CacheMetrics
{
    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _stale;
    private readonly Counter<long> _unacknowledged;
    private readonly Gauge<long> _warmed;
    private readonly Gauge<double> _warmDuration;

    public CacheMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(TelemetryNames.Prefix + "Cache");
        _hits = meter.CreateCounter<long>("cache_hits_total", description: "Lookups that found their answer, by level: l1 is the memory of the process, l2 is Redis.");
        _misses = meter.CreateCounter<long>("cache_misses_total", description: "Lookups that had to ask the database.");
        _stale = meter.CreateCounter<long>("cache_stale_total", description: "Answers served stale because the database could not be asked; they are hits as well.");
        _unacknowledged = meter.CreateCounter<long>("cache_invalidations_unacknowledged_total", description: "Writes that were answered before every process had dropped what they invalidate.");
        _warmed = meter.CreateGauge<long>("cache_warmed_answers", description: "Answers that the last warm-up put into Redis.");
        _warmDuration = meter.CreateGauge<double>("cache_warm_duration_seconds", unit: "s", description: "How long the last warm-up took.");
    }

    public void Count(CacheTier tier, CacheSource source, bool stale)
    {
        var labels = Labels.Of(tier);
        if (source == CacheSource.Miss)
        {
            _misses.Add(1, labels.Tier);
        }
        else
        {
            _hits.Add(1, source == CacheSource.Redis ? labels.Redis : labels.Memory);
        }

        if (stale)
        {
            _stale.Add(1, labels.Tier);
        }
    }

    public void Unacknowledged() => _unacknowledged.Add(1);

    public void Warmed(CacheTier tier, int answers) => _warmed.Record(answers, Labels.Of(tier).Tier);

    public void WarmUpTook(TimeSpan duration) => _warmDuration.Record(duration.TotalSeconds);

    // Made once: counting a hit allocates nothing.
    private sealed class Labels(CacheTier tier)
    {
        private static readonly Dictionary<CacheTier, Labels> All = new(
            CacheTier.All.Select(tier => KeyValuePair.Create(tier, new Labels(tier))), ReferenceEqualityComparer.Instance);

        public readonly KeyValuePair<string, object?>[] Tier = [new("cache_type", tier.Name)];
        public readonly KeyValuePair<string, object?>[] Memory = [new("cache_type", tier.Name), new("level", "l1")];
        public readonly KeyValuePair<string, object?>[] Redis = [new("cache_type", tier.Name), new("level", "l2")];

        public static Labels Of(CacheTier tier) => All[tier];
    }
}
