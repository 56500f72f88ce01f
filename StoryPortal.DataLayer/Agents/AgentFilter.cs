using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Agents;

/// <summary>Which agents to list, newest first.</summary>
/// <param name="Status">Only those with this status.</param>
/// <param name="Type">Only those of this kind.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
/// <param name="EventsOfEach">How many of the latest events of each agent to bring along; null: none.</param>
public sealed record AgentFilter(AgentStatus? Status, string? Type, TimeCursor? After, int Limit, int? EventsOfEach);
