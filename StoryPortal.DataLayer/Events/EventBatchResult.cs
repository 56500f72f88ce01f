namespace StoryPortal.DataLayer.Events;

/// <summary>What a batch of events did. All of it is stored, or none.</summary>
/// <param name="Accepted">Events that are new.</param>
/// <param name="Duplicates">Events whose id was there already, in the store or earlier in the batch.</param>
public sealed record EventBatchResult(int Accepted, int Duplicates);
