using System.Text.Json.Serialization;
using StoryPortal.ServiceDefaults.Caching;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The measurements of a process, which it publishes in Redis every few seconds.</summary>
public sealed record ProcessSnapshot
{
    /// <summary>The service, such as <c>gateway</c>.</summary>
    public required string Service { get; init; }

    /// <summary>The instance of the service.</summary>
    public required string Instance { get; init; }

    /// <summary>The version of the product.</summary>
    public required string Version { get; init; }

    /// <summary>The time of the snapshot.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The start of the process.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Bytes of memory that the process may use; null without a limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Cores that the process may use.</summary>
    public int Cores { get; init; }

    /// <summary>Histograms of durations by name.</summary>
    public required Dictionary<string, HistogramSeries> Times { get; init; }

    /// <summary>Counters by name.</summary>
    public required Dictionary<string, CounterSeries> Counts { get; init; }

    /// <summary>Gauges by name.</summary>
    public required Dictionary<string, GaugeSeries> States { get; init; }

    /// <summary>API requests in each slice of the window that has ended, the oldest first.</summary>
    public IReadOnlyList<TrafficSeries> Traffic { get; init; } = [];

    /// <summary>The Redis key of the snapshot of an instance.</summary>
    public static string GetKey(string service, string instance) => $"{CacheNames.Prefix}performance:{service}:{instance}";
}

/// <summary>Durations of API requests within one slice.</summary>
/// <param name="Begin">The beginning of the slice in seconds since 1970, the same in all processes.</param>
/// <param name="Times">Buckets that are not empty, in pairs of index and count; an index may occur more than once.</param>
public sealed record TrafficSeries(long Begin, long[] Times);

/// <summary>A histogram: buckets that are not empty, in pairs of index and count.</summary>
/// <param name="Window">Of the last five minutes.</param>
/// <param name="Total">Since the start.</param>
public sealed record HistogramSeries(long[] Window, long[] Total);

/// <summary>A counter.</summary>
/// <param name="Window">Of the last five minutes.</param>
/// <param name="Total">Since the start.</param>
public sealed record CounterSeries(long Window, long Total);

/// <summary>A gauge.</summary>
/// <param name="Window">Samples of the last five minutes.</param>
/// <param name="Total">Samples since the start.</param>
public sealed record GaugeSeries(GaugeSamples Window, GaugeSamples Total);

/// <summary>Samples of a gauge.</summary>
/// <param name="Highest">The highest sample.</param>
/// <param name="Sum">The sum of the samples.</param>
/// <param name="Samples">The number of samples.</param>
public readonly record struct GaugeSamples(double Highest, double Sum, long Samples)
{
    /// <summary>The mean of the samples.</summary>
    [JsonIgnore]
    public double Mean => Samples == 0 ? 0 : Sum / Samples;

    /// <summary>The samples of both.</summary>
    public GaugeSamples Add(GaugeSamples other) => Samples == 0 ? other : other.Samples == 0 ? this
        : new(Math.Max(Highest, other.Highest), Sum + other.Sum, Samples + other.Samples);
}

/// <summary>The JSON of snapshots in Redis.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProcessSnapshot))]
public sealed partial class PerformanceJson : JsonSerializerContext;
