namespace StoryPortal.DataLayer.Events;

/// <summary>How many events of one type happened in a stretch of time.</summary>
/// <param name="Bucket">When the stretch begins.</param>
/// <param name="Type">The type.</param>
/// <param name="Count">How many, at least one.</param>
public sealed record EventCount(DateTimeOffset Bucket, string Type, long Count);
