using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.ApiRequests;

/// <summary>Which logged requests to list, newest first.</summary>
/// <param name="StatusCode">Only those answered with this status.</param>
/// <param name="Route">Only those of this route.</param>
/// <param name="From">Only those at or after this time.</param>
/// <param name="To">Only those before this time.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
public sealed record ApiRequestFilter(int? StatusCode, string? Route, DateTimeOffset? From, DateTimeOffset? To, TimeCursor? After, int Limit);
