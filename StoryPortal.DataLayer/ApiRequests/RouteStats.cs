namespace StoryPortal.DataLayer.ApiRequests;

/// <summary>How one route did in a window of time.</summary>
/// <param name="Route">The route's template.</param>
/// <param name="Count">Requests.</param>
/// <param name="ErrorRate">The share of them that were answered with 500 to 599, 0 to 1.</param>
/// <param name="P50Ms">Half of them took at most so many milliseconds.</param>
/// <param name="P95Ms">95 of 100 took at most so many milliseconds.</param>
/// <param name="P99Ms">99 of 100 took at most so many milliseconds.</param>
public sealed record RouteStats(string Route, long Count, double ErrorRate, double P50Ms, double P95Ms, double P99Ms);
