using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Agents;

/// <summary>Which agents to list, newest first.</summary>
/// <param name="Status">Only those with this status.</param>
/// <param name="Type">Only those of this kind.</param>
/// <param name="Owner">Only those of this owner.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
/// <param name="Events">Which events of each agent to include; null: none.</param>
public sealed record AgentFilter(AgentStatus? Status, string? Type, string? Owner, TimeCursor? After, int Limit, IncludedEvents? Events);

/// <summary>Which events of an agent are included in a list of agents.</summary>
/// <param name="Limit">How many of the latest events at most.</param>
/// <param name="MaxBytes">Bytes of an agent with its events at which the list of its events is cut.</param>
public sealed record IncludedEvents(int Limit, int MaxBytes);
