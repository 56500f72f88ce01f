using Microsoft.Extensions.Primitives;
using StoryPortal.Gateway.Compression;

namespace StoryPortal.Gateway.Caching;

/// <summary>
/// The version of a tag as a request sees it. Cache keys start with it, so that an invalidation, which ends the version, evicts every response of the
/// tag, and a response that was fetched before the invalidation is never found after it.
/// </summary>
internal sealed class TagSnapshot : IDisposable
{
    private const char Separator = '|';

    private readonly CancellationTokenSource _ends = new();
    private readonly string _prefix;
    private readonly string _identity;
    private readonly string _brotli;
    private readonly string _gzip;

    /// <summary>A version of a tag.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="version">The version.</param>
    /// <param name="isShared">Whether the version is that in Redis, the same for all gateways.</param>
    public TagSnapshot(OutputCacheTag tag, string version, bool isShared)
    {
        (_prefix, IsShared) = ($"{tag.Name}{Separator}{version}{Separator}", isShared);
        (_identity, _brotli, _gzip) = (_prefix + "identity", _prefix + Encodings.Brotli, _prefix + Encodings.Gzip);
        Ended = new CancellationChangeToken(_ends.Token);
    }

    /// <summary>Whether responses of this version are shared through Redis.</summary>
    public bool IsShared { get; }

    /// <summary>Signals the end of the version.</summary>
    public IChangeToken Ended { get; }

    /// <summary>Number of invalidations of the tag that this gateway had received when the version was read.</summary>
    public required int Invalidations { get; init; }

    /// <summary><see cref="BackplaneMonitor.Losses"/> when the version was read.</summary>
    public required int Losses { get; init; }

    /// <summary>Timestamp from before the version was read.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>The name of the tag in a cache key.</summary>
    public static string TagOf(string key) => key[..Math.Max(0, key.IndexOf(Separator, StringComparison.Ordinal))];

    /// <summary>Number of characters of a cache key that are tag and version.</summary>
    public static int PrefixLength(string key) => key.IndexOf(Separator, key.IndexOf(Separator, StringComparison.Ordinal) + 1) + 1;

    /// <summary>Prefix of the keys of responses in one content coding.</summary>
    /// <param name="encoding">The coding, or null for none.</param>
    public string KeyPrefix(string? encoding) => encoding switch { Encodings.Brotli => _brotli, Encodings.Gzip => _gzip, _ => _identity };

    /// <summary>Whether a cache key is of this version.</summary>
    public bool Covers(string key) => key.StartsWith(_prefix, StringComparison.Ordinal);

    /// <summary>Ends the version.</summary>
    public void Dispose()
    {
        _ends.Cancel();
        _ends.Dispose();
    }
}
