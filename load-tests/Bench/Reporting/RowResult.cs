using System.Text.Json.Serialization;
using StoryPortal.Bench.Measuring;
using StoryPortal.Bench.Rows;

namespace StoryPortal.Bench.Reporting;

/// <summary>What a row found.</summary>
/// <param name="Name">Its name.</param>
/// <param name="A">Median of what is measured.</param>
/// <param name="B">Median of what it is compared with.</param>
/// <param name="Unit">Unit of both.</param>
/// <param name="Ratio">Median of a/b over the pairs.</param>
/// <param name="Aim">What the ratio has to reach, or stay below.</param>
/// <param name="Met">Whether it does.</param>
/// <param name="Runs">How many pairs.</param>
internal sealed record RowResult(string Name, double? A, double? B, string Unit, double? Ratio, double Aim, bool Met, int Runs)
{
    /// <summary>Whether the ratio has to be at least or at most the aim.</summary>
    public required Bound Bound { get; init; }

    /// <summary>What is measured.</summary>
    public required string MeasuredA { get; init; }

    /// <summary>What it is compared with.</summary>
    public required string MeasuredB { get; init; }

    /// <summary>The lowest and the highest ratio of a pair.</summary>
    public double[] Spread { get; init; } = [];

    /// <summary>Every pair.</summary>
    public double[][] Pairs { get; init; } = [];

    /// <summary>Cores that each process kept busy while a was measured.</summary>
    public Dictionary<string, double> CpuA { get; init; } = [];

    /// <summary>Cores that each process kept busy while b was measured.</summary>
    public Dictionary<string, double> CpuB { get; init; } = [];

    /// <summary>Memory of each process afterwards, MiB.</summary>
    public Dictionary<string, double> Memory { get; init; } = [];

    /// <summary>Why there is no figure.</summary>
    public string? Note { get; init; }

    /// <summary>The result of pairs.</summary>
    public static RowResult Of(Row row, IReadOnlyList<(double A, double B)> pairs)
    {
        var ratios = pairs.Select(pair => pair.A / pair.B).ToArray();
        var ratio = ratios.Median();
        var met = row.Bound == Bound.AtLeast ? ratio >= row.Aim : ratio <= row.Aim;
        return new RowResult(row.Name, pairs.Select(pair => pair.A).Median(), pairs.Select(pair => pair.B).Median(), row.Unit, ratio, row.Aim, met, pairs.Count)
        {
            Bound = row.Bound,
            MeasuredA = row.A,
            MeasuredB = row.B,
            Spread = [ratios.Min(), ratios.Max()],
            Pairs = [.. pairs.Select(pair => new[] { pair.A, pair.B })],
        };
    }

    /// <summary>A row without figures, which does not meet its aim.</summary>
    public static RowResult Without(Row row, string note) => new(row.Name, null, null, row.Unit, null, row.Aim, false, 0)
    {
        Bound = row.Bound,
        MeasuredA = row.A,
        MeasuredB = row.B,
        Note = note,
    };
}

/// <summary>The file that bench.sh leaves.</summary>
internal sealed record Report(DateTimeOffset TakenAt, bool Quick, int Cores, IReadOnlyList<RowResult> Results);

[JsonSerializable(typeof(Report))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true)]
internal sealed partial class ReportJson : JsonSerializerContext;
