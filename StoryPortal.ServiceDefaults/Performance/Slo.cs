namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>On which side of its target a value should be.</summary>
public enum Direction
{
    /// <summary>Below it.</summary>
    Below,

    /// <summary>Above it.</summary>
    Above,
}

/// <summary>How the value of a target comes about.</summary>
public enum Measure
{
    /// <summary>The time that 95 of 100 take at most.</summary>
    P95,

    /// <summary>The time that 99 of 100 take at most.</summary>
    P99,

    /// <summary>How many of 100.</summary>
    Percent,

    /// <summary>The highest of what was seen, in one process or server.</summary>
    Highest,

    /// <summary>The mean of each process, added up.</summary>
    SumOfMeans,

    /// <summary>The highest of each process, added up.</summary>
    SumOfHighest,
}

/// <summary>A service level objective of the product, which the product measures on itself.</summary>
/// <param name="Id">Its name, the same in the scorecard, alert rules and load tests.</param>
/// <param name="Area">What it belongs to: api, database, cache or resources.</param>
/// <param name="What">In words.</param>
/// <param name="Value">The target, in <paramref name="Unit"/>.</param>
/// <param name="Unit">ms, %, s, bytes, cores or connections.</param>
/// <param name="Direction">On which side of the target the value should be.</param>
/// <param name="Measure">How the value comes about.</param>
/// <param name="Sources">The series of the value; see <see cref="MetricNames"/>. Of a percentage, the numerator.</param>
/// <param name="Of">Of a percentage, the denominator.</param>
/// <param name="MinSamples">With fewer samples there is no value.</param>
public sealed record Slo(
    string Id, string Area, string What, double Value, string Unit, Direction Direction, Measure Measure, string[] Sources, string[]? Of = null, int MinSamples = Slo.DefaultMinSamples)
{
    /// <summary>Samples without which a percentile or a share says nothing.</summary>
    public const int DefaultMinSamples = 30;

    // From where on a value that keeps its target counts as at risk.
    private const double Risk = 0.9;

    /// <summary>Whether <paramref name="value"/> keeps the target.</summary>
    public bool IsMet(double value) => Direction == Direction.Below ? value < Value : value > Value;

    /// <summary>Whether it keeps it only just: nine tenths of what is allowed are used up. What is allowed of a hit rate is its misses.</summary>
    public bool IsAtRisk(double value) => Direction == Direction.Below ? value >= Risk * Value : 100 - value >= Risk * (100 - Value);
}
