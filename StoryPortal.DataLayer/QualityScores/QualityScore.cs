using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>How good a component was at a moment.</summary>
public sealed record QualityScore
{
    /// <summary>How quality scores are stored; a query of the database needs the assessment as well.</summary>
    internal static readonly ColumnMap<QualityScore> Map = new ColumnMap<QualityScore>("quality_scores")
        .Key(score => score.Id)
        .Column(score => score.ComponentType)
        .Column(score => score.ComponentId)
        .Column(score => score.OverallScore)
        .Column(score => score.Dimensions)
        .Column(score => score.CalculatedAt)
        .Column(score => score.Assessment);

    /// <summary>Its id, chosen by the client or a UUIDv7. A score with an id that is there already is a repeat, and changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>The kind of component, 1 to 100 characters, such as <c>agent</c>.</summary>
    public required string ComponentType { get; init; }

    /// <summary>Which one, 1 to 200 characters.</summary>
    public required string ComponentId { get; init; }

    /// <summary>The score, 0 to 100.</summary>
    public required double OverallScore { get; init; }

    /// <summary>Derived from the score.</summary>
    public Assessment Assessment => OverallScore switch
    {
        >= 80 => Assessment.Good,
        >= 60 => Assessment.Warning,
        _ => Assessment.Critical,
    };

    /// <summary>What it is made of: a JSON object.</summary>
    public required RawJson Dimensions { get; init; }

    /// <summary>When it was calculated.</summary>
    public required DateTimeOffset CalculatedAt { get; init; }
}
