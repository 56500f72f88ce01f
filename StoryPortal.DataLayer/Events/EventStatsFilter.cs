namespace StoryPortal.DataLayer.Events;

/// <summary>Which events to count, and how.</summary>
/// <param name="Type">Only those of this type.</param>
/// <param name="AgentId">Only those of this agent.</param>
/// <param name="From">Those at or after this time.</param>
/// <param name="To">Those before this time.</param>
/// <param name="Bucket">By which stretches of time.</param>
/// <param name="Limit">How many counts at most.</param>
public sealed record EventStatsFilter(string? Type, Guid? AgentId, DateTimeOffset From, DateTimeOffset To, EventBucket Bucket, int Limit);
