using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>Which sessions to list, newest first.</summary>
/// <param name="AgentId">Only those of this agent.</param>
/// <param name="IsActive">Only those that go on, or only those that ended.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
public sealed record SessionFilter(Guid? AgentId, bool? IsActive, TimeCursor? After, int Limit);
