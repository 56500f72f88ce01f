using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Performance;

/// <summary>Whether a target is kept.</summary>
[JsonConverter(typeof(EnumTextConverter<RowStatus>))]
public enum RowStatus
{
    /// <summary>It is kept.</summary>
    Ok,

    /// <summary>It is kept only just: nine tenths of what is allowed are used up.</summary>
    AtRisk,

    /// <summary>It is missed.</summary>
    Missed,

    /// <summary>Too little was seen to say.</summary>
    NoData,
}

/// <summary>How the system keeps its performance targets, as it measures itself.</summary>
/// <param name="GeneratedAt">When.</param>
/// <param name="WindowSeconds">How far <c>current</c> reaches back.</param>
/// <param name="Processes">Whose measurements are in it.</param>
/// <param name="Unheard">Processes that are registered and whose measurements are missing.</param>
/// <param name="Rows">One for each target.</param>
/// <param name="Caches">Every tier of the cache, and what the gateway keeps (<c>output</c>), over the window.</param>
/// <param name="Traffic">API requests in every ten seconds of the window, the oldest first.</param>
public sealed record Scorecard(
    DateTimeOffset GeneratedAt, int WindowSeconds, IReadOnlyList<ProcessReport> Processes, IReadOnlyList<UnheardProcess> Unheard,
    IReadOnlyList<ScorecardRow> Rows, IReadOnlyList<CacheReport> Caches, IReadOnlyList<TrafficSlice> Traffic);

/// <summary>API requests of ten seconds, of all processes that were heard.</summary>
/// <param name="At">When they began.</param>
/// <param name="RequestsPerSecond">How many were answered in a second.</param>
/// <param name="P50Ms">The time that half of them took at most; null without any.</param>
/// <param name="P95Ms">The time that 95 of 100 took at most; null without any.</param>
public sealed record TrafficSlice(DateTimeOffset At, double RequestsPerSecond, double? P50Ms, double? P95Ms);

/// <summary>A target and what is measured of it.</summary>
/// <param name="Id">Its name, the same in alert rules and load tests.</param>
/// <param name="Area">api, database, cache or resources.</param>
/// <param name="What">In words.</param>
/// <param name="Target">The limit, in <paramref name="Unit"/>; <paramref name="Direction"/> says on which side of it the value should be.</param>
/// <param name="Direction">below or above.</param>
/// <param name="Unit">ms, %, s, bytes, cores or connections.</param>
/// <param name="Current">Over the last five minutes; null where there is nothing to tell.</param>
/// <param name="SinceStart">Since the processes started.</param>
/// <param name="Samples">How many measurements are in <paramref name="Current"/>.</param>
/// <param name="Status">Of <paramref name="Current"/>.</param>
public sealed record ScorecardRow(
    string Id, string Area, string What, double Target, string Direction, string Unit, double? Current, double? SinceStart, long Samples, RowStatus Status);

/// <summary>A process that was heard.</summary>
/// <param name="Service">The service, such as <c>gateway</c>.</param>
/// <param name="Instance">Which of its instances.</param>
/// <param name="Version">The version it runs.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="TakenAt">When it told of itself.</param>
/// <param name="StartupSeconds">Seconds until it was ready; null while it is not.</param>
/// <param name="MemoryBytes">Memory that it holds, the highest over the window.</param>
/// <param name="CpuCores">Cores that it keeps busy, on average over the window.</param>
public sealed record ProcessReport(
    string Service, string Instance, string Version, DateTimeOffset StartedAt, DateTimeOffset TakenAt, double? StartupSeconds, double MemoryBytes, double CpuCores);

/// <summary>A process that is registered and was not heard: what it measures is missing.</summary>
/// <param name="Service">The service.</param>
/// <param name="Instance">Which of its instances.</param>
/// <param name="Reason">Why it was not heard, as far as that is known.</param>
public sealed record UnheardProcess(string Service, string Instance, string Reason);

/// <summary>What a tier of the cache did over the window.</summary>
/// <param name="CacheType">The tier; <c>output</c> is what gateways keep.</param>
/// <param name="MemoryHits">Lookups that the memory of the process answered.</param>
/// <param name="RedisHits">Lookups that Redis answered.</param>
/// <param name="Misses">Lookups that neither answered.</param>
/// <param name="HitRate">Hits of 100 lookups; null without any.</param>
/// <param name="RedisHitRate">Hits of 100 lookups in Redis alone.</param>
public sealed record CacheReport(string CacheType, long MemoryHits, long RedisHits, long Misses, double? HitRate, double? RedisHitRate);
