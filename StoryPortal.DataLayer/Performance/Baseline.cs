using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.DataLayer.Performance;

/// <summary>A scorecard that is kept, to compare later ones with.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="Label">What it is to be known by.</param>
/// <param name="Version">The version that ran.</param>
/// <param name="Scorecard">The scorecard as it was.</param>
public sealed record Baseline(Guid Id, DateTimeOffset TakenAt, string Label, string Version, RawJson Scorecard)
{
    /// <summary>Makes a baseline of a scorecard.</summary>
    public static Baseline Of(Scorecard scorecard, string label, DateTimeOffset now) =>
        new(Guid.CreateVersion7(now), now, label, ProcessSnapshotReader.Version, new RawJson(JsonBytes.Of(scorecard with { Traffic = [] }, StoryJson.Contracts.Scorecard)));

    /// <summary>What has changed from this baseline to <paramref name="after"/>.</summary>
    public BaselineComparison Compare(Scorecard after)
    {
        using var scorecard = JsonDocument.Parse(Scorecard.Utf8);
        var before = scorecard.RootElement.GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("id").GetString()!);
        return new BaselineComparison(
            Id, Label, TakenAt, after.GeneratedAt,
            [.. after.Rows.Select(row => before.TryGetValue(row.Id, out var known) ? RowChange.Of(row, Number(known, "current"), Number(known, "since_start")) : RowChange.Of(row, null, null))]);
    }

    private static double? Number(JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}

/// <summary>A baseline as a client asks for it.</summary>
public sealed record NewBaseline
{
    /// <summary>What it is to be known by, 1 to 200 characters.</summary>
    [Required, MaxLength(200)]
    public string? Label { get; init; }
}

/// <summary>What a row did since a baseline.</summary>
[JsonConverter(typeof(EnumTextConverter<Trend>))]
public enum Trend
{
    /// <summary>It got better.</summary>
    Better,

    /// <summary>It got worse.</summary>
    Worse,

    /// <summary>It is the same, within a twentieth.</summary>
    Same,

    /// <summary>One of the two has no data.</summary>
    Unknown,
}

/// <summary>A baseline and the present, side by side.</summary>
/// <param name="BaselineId">The baseline.</param>
/// <param name="Label">What it is known by.</param>
/// <param name="Before">When it was taken.</param>
/// <param name="After">When it was compared.</param>
/// <param name="Rows">One for each target.</param>
public sealed record BaselineComparison(Guid BaselineId, string Label, DateTimeOffset Before, DateTimeOffset After, IReadOnlyList<RowChange> Rows);

/// <summary>A row of a comparison.</summary>
/// <param name="Id">The target's name.</param>
/// <param name="Unit">The unit of both values.</param>
/// <param name="Basis">Which values are compared: current where both have one, else since_start.</param>
/// <param name="Before">The value of the baseline.</param>
/// <param name="After">The value now.</param>
/// <param name="ChangePercent">By how much it changed, of 100 of what it was; null where that cannot be said.</param>
/// <param name="Trend">Whether that is better or worse.</param>
public sealed record RowChange(string Id, string Unit, string? Basis, double? Before, double? After, double? ChangePercent, Trend Trend)
{
    // Less than that is noise.
    private const double SamePercent = 5;

    internal static RowChange Of(ScorecardRow row, double? current, double? sinceStart)
    {
        var basis = current is not null && row.Current is not null ? "current" : sinceStart is not null && row.SinceStart is not null ? "since_start" : null;
        if (basis is null)
        {
            return new RowChange(row.Id, row.Unit, null, current ?? sinceStart, row.Current ?? row.SinceStart, null, Trend.Unknown);
        }

        var (before, after) = basis == "current" ? (current!.Value, row.Current!.Value) : (sinceStart!.Value, row.SinceStart!.Value);
        double? change = before == 0 ? null : Math.Round(100 * (after - before) / before, 1);
        var isSame = change is { } percent ? Math.Abs(percent) < SamePercent : after == 0;
        var trend = isSame ? Trend.Same : after < before == (row.Direction == "below") ? Trend.Better : Trend.Worse;
        return new RowChange(row.Id, row.Unit, basis, before, after, isSame && change is null ? 0 : change, trend);
    }
}
