using System.Globalization;

namespace StoryPortal.Bench.Soak;

/// <summary>
/// How a figure develops: the straight line of least squares through the readings of the last two thirds, which leaves the warm-up out; its rise over
/// that time may be a share of the mean, or an amount where that is more.
/// </summary>
/// <param name="Figure">What it is.</param>
/// <param name="Mean">Its mean.</param>
/// <param name="Rise">By how much it rises over the last two thirds.</param>
/// <param name="Allowed">By how much it may.</param>
internal sealed record SoakTrend(string Figure, double Mean, double Rise, double Allowed)
{
    // Wide enough for the noise of ten minutes; a leak of one thing in a thousand requests is far beyond it.
    private static readonly Dictionary<string, (double Share, double Amount)> Allowances = new()
    {
        ["p99"] = (0.5, 5),
        ["heap"] = (0.15, 10),
        ["memory"] = (0.15, 25),
        ["handles"] = (0.05, 10),
        ["threads"] = (0.1, 6),
        ["connections"] = (0.1, 3),
    };

    /// <summary>The head of the table.</summary>
    public static string Header { get; } = $"{"",-26} {"mean",9} {"rise",9} {"allowed",9}";

    /// <summary>Whether it grows.</summary>
    public bool Grows => Rise > Allowed;

    /// <summary>That of every figure.</summary>
    public static List<SoakTrend> Of(IReadOnlyList<SoakReading> readings)
    {
        var warm = readings.Skip(readings.Count / 3).ToList();
        return [.. warm[0].Figures.Keys.Select(figure => Of(figure, [.. warm.Select(reading => (reading.At.TotalMinutes, reading.Figures[figure]))]))];
    }

    /// <summary>A line of the table.</summary>
    public string Line() => string.Create(CultureInfo.InvariantCulture, $"{Figure,-26} {Mean,9:0.0} {Rise,9:+0.0;-0.0;0.0} {Allowed,9:0.0} {(Grows ? "GROWS" : "")}");

    private static SoakTrend Of(string figure, IReadOnlyList<(double At, double Value)> points)
    {
        var (at, mean) = (points.Average(point => point.At), points.Average(point => point.Value));
        var slope = points.Sum(point => (point.At - at) * (point.Value - mean)) / points.Sum(point => (point.At - at) * (point.At - at));
        var (share, amount) = Allowances[figure.Split(' ')[0]];
        return new SoakTrend(figure, mean, slope * (points[^1].At - points[0].At), Math.Max(share * mean, amount));
    }
}
