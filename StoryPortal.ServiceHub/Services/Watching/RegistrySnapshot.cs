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
    // Callers choose the filters. Beyond this number of bytes a filtered response is made for each request.
    internal const long MaxCachedBytes = 32 * 1024 * 1024;

    private const int BytesBesideResponse = 512;

    private readonly ConcurrentDictionary<WatchFilter, Lazy<byte[]>> _answers = [];
    private readonly Lazy<SearchIndex> _search = new(() => new SearchIndex(state.Services));
    private long _cachedBytes;

    public long Index => state.Index;

    public SearchIndex Search => _search.Value;

    /// <summary>Bytes of the filtered responses that are cached.</summary>
    internal long CachedBytes => Interlocked.Read(ref _cachedBytes);

    /// <summary>The answer to a watch.</summary>
    public byte[] AnswerTo(WatchFilter filter) =>
        filter == default || CachedBytes < MaxCachedBytes || _answers.ContainsKey(filter)
            ? _answers.GetOrAdd(filter, Create).Value
            : Serialize(filter);

    private Lazy<byte[]> Create(WatchFilter filter) => new(() =>
    {
        var json = Serialize(filter);
        if (filter != default)
        {
            Interlocked.Add(ref _cachedBytes, json.Length + BytesBesideResponse);
        }

        return json;
    });

    private byte[] Serialize(WatchFilter filter) => JsonBytes.Of(
        filter == default ? state : state with { Services = [.. state.Services.Where(filter.Takes)] }, StoryJson.Contracts.RegistryState);
}
