using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.QualityScores;

/// <summary>Which quality scores to list, newest first.</summary>
/// <param name="ComponentType">Only those of this kind of component.</param>
/// <param name="ComponentId">Only those of the component with this id.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
public sealed record QualityScoreFilter(string? ComponentType, string? ComponentId, TimeCursor? After, int Limit);
