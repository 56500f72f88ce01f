using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Events;

/// <summary>Which events to list, newest first.</summary>
/// <param name="Type">Only those of this type.</param>
/// <param name="AgentId">Only those of this agent.</param>
/// <param name="SessionId">Only those of this session.</param>
/// <param name="From">Only those at or after this time.</param>
/// <param name="To">Only those before this time.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
public sealed record EventFilter(
    string? Type, Guid? AgentId, Guid? SessionId, DateTimeOffset? From, DateTimeOffset? To, TimeCursor? After, int Limit);
