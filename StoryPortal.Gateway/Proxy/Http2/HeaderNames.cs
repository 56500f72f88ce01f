using System.Collections.Frozen;
using System.Text;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>Names of headers, as bytes of HTTP/2 and as the texts that the server knows.</summary>
internal static class HeaderNames
{
    // What belongs to one connection and not to what is said over it (RFC 9110, section 7.6.1), and what nobody but the proxy may say.
    private static readonly FrozenSet<string> s_ofConnections = new[]
    {
        "Connection", "Transfer-Encoding", "Keep-Alive", "Upgrade", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
        "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "ALPN", "Close", "TE", "HTTP2-Settings", "Alt-Svc",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> s_known = new[]
    {
        "Cache-Control", "Content-Length", "Content-Type", "Date", "ETag", "Last-Modified", "Link", "Location", "Retry-After", "Server", "Vary", "X-Cache", "X-Request-Id",
        ServiceDefaults.ApiRequests.RouteHeader.Name,
    }.ToFrozenDictionary(name => name, StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a proxy hands it on.</summary>
    public static bool IsPassedOn(string name) => !s_ofConnections.Contains(name);

    /// <summary>The name that these bytes are.</summary>
    /// <exception cref="InvalidDataException">They are none.</exception>
    public static string Of(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[64];
        if (name.Length <= text.Length && Ascii.ToUtf16(name, text, out var length) == System.Buffers.OperationStatus.Done && s_known.TryGetValue(text[..length], out var known))
        {
            return known;
        }

        return !name.IsEmpty && Ascii.IsValid(name) ? Encoding.ASCII.GetString(name) : throw new InvalidDataException("A header's name is none.");
    }
}
