namespace StoryPortal.DataLayer.QualityScores;

/// <summary>How the components of one kind are: of each, its latest score counts.</summary>
/// <param name="ComponentType">The kind.</param>
/// <param name="Components">How many there are.</param>
/// <param name="AverageScore">The average of their latest scores.</param>
/// <param name="LowestScore">The lowest of their latest scores.</param>
/// <param name="Good">How many are good.</param>
/// <param name="Warning">How many are at warning.</param>
/// <param name="Critical">How many are critical.</param>
public sealed record QualitySummary(string ComponentType, long Components, double AverageScore, double LowestScore, long Good, long Warning, long Critical);
