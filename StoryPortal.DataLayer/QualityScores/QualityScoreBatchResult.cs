namespace StoryPortal.DataLayer.QualityScores;

/// <summary>What a batch of quality scores did. All of it is stored, or none.</summary>
/// <param name="Accepted">Scores that are new.</param>
/// <param name="Duplicates">Scores whose id was there already, in the store or earlier in the batch.</param>
public sealed record QualityScoreBatchResult(int Accepted, int Duplicates);
