using System.Text.Json.Serialization;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>What a process tells of itself, every few seconds through Redis.</summary>
public sealed record PerformanceSnapshot
{
    /// <summary>The service, such as <c>gateway</c>.</summary>
    public required string Service { get; init; }

    /// <summary>Which of its instances.</summary>
    public required string Instance { get; init; }

    /// <summary>The version it runs.</summary>
    public required string Version { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>When the process started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Bytes of memory that the process may use; null where nothing limits it.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Cores that the process may use.</summary>
    public int Cores { get; init; }

    /// <summary>Times by name.</summary>
    public required Dictionary<string, MeasuredTimes> Times { get; init; }

    /// <summary>Counts by name.</summary>
    public required Dictionary<string, MeasuredCount> Counts { get; init; }

    /// <summary>States by name.</summary>
    public required Dictionary<string, MeasuredState> States { get; init; }

    /// <summary>API requests in each slice of the window that is over, the oldest first.</summary>
    public IReadOnlyList<MeasuredSlice> Traffic { get; init; } = [];
}

/// <summary>Times within one slice.</summary>
/// <param name="Begin">When it began, in seconds since 1970: the same for all processes.</param>
/// <param name="Times">Buckets that are not empty, each followed by its count; a bucket may come more than once.</param>
public sealed record MeasuredSlice(long Begin, long[] Times);

/// <summary>Times: buckets that are not empty, each followed by its count.</summary>
/// <param name="Window">Of the last five minutes.</param>
/// <param name="Total">Since the start.</param>
public sealed record MeasuredTimes(long[] Window, long[] Total);

/// <summary>A count.</summary>
/// <param name="Window">Of the last five minutes.</param>
/// <param name="Total">Since the start.</param>
public sealed record MeasuredCount(long Window, long Total);

/// <summary>A state.</summary>
/// <param name="Window">Over the last five minutes.</param>
/// <param name="Total">Since the start.</param>
public sealed record MeasuredState(MeasuredRange Window, MeasuredRange Total);

/// <summary>What was seen of a state.</summary>
/// <param name="Highest">The highest.</param>
/// <param name="Sum">All added up.</param>
/// <param name="Samples">How often it was looked at.</param>
public readonly record struct MeasuredRange(double Highest, double Sum, long Samples)
{
    /// <summary>The mean of what was seen.</summary>
    [JsonIgnore]
    public double Mean => Samples == 0 ? 0 : Sum / Samples;

    /// <summary>Both together.</summary>
    public MeasuredRange With(MeasuredRange other) => Samples == 0 ? other : other.Samples == 0 ? this
        : new(Math.Max(Highest, other.Highest), Sum + other.Sum, Samples + other.Samples);
}

/// <summary>The JSON in which snapshots are sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PerformanceSnapshot))]
public sealed partial class PerformanceJson : JsonSerializerContext;
