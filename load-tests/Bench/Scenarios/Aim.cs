using System.Text.Json.Serialization;
using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Scenarios;

/// <summary>The side of an aim on which a figure has to be.</summary>
internal enum Bound
{
    /// <summary>The figure must not be less.</summary>
    [JsonStringEnumMemberName("at_least")]
    AtLeast,

    /// <summary>The figure must not be more.</summary>
    [JsonStringEnumMemberName("at_most")]
    AtMost,
}

/// <summary>What the figure of a benchmark has to reach: a ratio of subject to baseline, or a value in the unit of the benchmark.</summary>
/// <param name="Bound">The side on which the figure has to be.</param>
/// <param name="Value">The limit.</param>
internal sealed record Aim(Bound Bound, double Value)
{
    public static Aim AtLeast(double value) => new(Bound.AtLeast, value);

    public static Aim AtMost(double value) => new(Bound.AtMost, value);

    /// <summary>
    /// Whether the whole of <paramref name="interval"/> is on the right side: a figure that may be chance does not count.
    /// </summary>
    public bool IsMetBy(Interval interval) => Bound == Bound.AtLeast ? interval.Lower >= Value : interval.Upper <= Value;
}
