using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>What a score says in one word.</summary>
[JsonConverter(typeof(EnumTextConverter<Assessment>))]
public enum Assessment
{
    /// <summary>80 and more.</summary>
    Good,

    /// <summary>60 and more.</summary>
    Warning,

    /// <summary>Less than 60.</summary>
    Critical,
}
