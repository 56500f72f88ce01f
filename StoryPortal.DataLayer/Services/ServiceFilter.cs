using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Services;

/// <summary>Which services to list, by name.</summary>
/// <param name="Layer">Only those of this layer.</param>
/// <param name="Tag">Only those with this tag.</param>
/// <param name="Version">Only those of this version.</param>
/// <param name="Status">Only those with this derived status.</param>
/// <param name="After">Where the page before ended.</param>
/// <param name="Limit">How many at most.</param>
public sealed record ServiceFilter(string? Layer, string? Tag, string? Version, ServiceStatus? Status, NameCursor? After, int Limit);
