using System.ComponentModel.DataAnnotations;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>A quality score as a client sends it.</summary>
public sealed record NewQualityScore
{
    /// <summary>Its id; a UUIDv7 is made when there is none. With an id of its own a client can send a score again without storing it twice.</summary>
    public Guid? Id { get; init; }

    /// <summary>The kind of component, 1 to 100 characters, such as <c>agent</c>.</summary>
    [Required, MaxLength(100)]
    public string? ComponentType { get; init; }

    /// <summary>Which one, 1 to 200 characters.</summary>
    [Required, MaxLength(200)]
    public string? ComponentId { get; init; }

    /// <summary>The score, 0 to 100.</summary>
    [Required, Range(0, 100)]
    public double? OverallScore { get; init; }

    /// <summary>Read-only, derived from the score: the value that was read, or left out.</summary>
    public Assessment? Assessment { get; init; }

    /// <summary>What it is made of: a JSON object. Default <c>{}</c>.</summary>
    public RawJson Dimensions { get; init; }

    /// <summary>When it was calculated. Default: now.</summary>
    public DateTimeOffset? CalculatedAt { get; init; }

    /// <summary>Notes what is wrong and returns the score to store.</summary>
    public QualityScore Validate(InputErrors errors, DateTimeOffset now)
    {
        if (OverallScore is null)
        {
            errors.Add("overall_score", "is required.");
        }
        else if (OverallScore is not (>= 0 and <= 100))
        {
            errors.Add("overall_score", $"is {OverallScore}; 0 to 100 are taken.");
        }

        var score = new QualityScore
        {
            Id = Id ?? Guid.CreateVersion7(now),
            ComponentType = errors.Required("component_type", ComponentType, 100),
            ComponentId = errors.Required("component_id", ComponentId, 200),
            OverallScore = OverallScore ?? 0,
            Dimensions = errors.JsonObject("dimensions", Dimensions),
            CalculatedAt = CalculatedAt ?? now,
        };
        if (Assessment is not null && Assessment != score.Assessment)
        {
            errors.Add("assessment", $"is derived from overall_score, and is {EnumText<Assessment>.Of(score.Assessment)}; leave it out.");
        }

        return score;
    }
}
