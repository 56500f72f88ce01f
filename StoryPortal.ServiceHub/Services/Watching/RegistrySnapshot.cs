using System.Collections.Concurrent;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceHub.Services.Search;

namespace StoryPortal.ServiceHub.Services.Watching;

/// <summary>Which services a watch is told of.</summary>
/// <param name="Layer">Only those of this layer.</param>
/// <param name="Tag">Only those with this tag.</param>
/// <param name="Version">Only those of this version.</param>
/// <param name="Status">Only those with this status.</param>
internal readonly record struct WatchFilter(string? Layer, string? Tag, string? Version, ServiceStatus? Status)
{
    public bool Takes(Service service) =>
        (Layer is null || service.Layer == Layer)
        && (Tag is null || service.Tags.Contains(Tag, StringComparer.Ordinal))
        && (Version is null || service.Version == Version)
        && (Status is null || service.Status == Status);
}

/// <summary>The registry at one moment, with what is made of it once for all who ask.</summary>
internal sealed class RegistrySnapshot(RegistryState state)
{
    private readonly ConcurrentDictionary<WatchFilter, Lazy<byte[]>> _answers = [];
    private readonly Lazy<SearchIndex> _search = new(() => new SearchIndex(state.Services));

    public long Index => state.Index;

    public SearchIndex Search => _search.Value;

    /// <summary>The answer to a watch.</summary>
    public byte[] AnswerTo(WatchFilter filter) => _answers.GetOrAdd(filter, filter => new Lazy<byte[]>(() => JsonBytes.Of(
        filter == default ? state : state with { Services = [.. state.Services.Where(filter.Takes)] }, StoryJson.Contracts.RegistryState))).Value;
}
