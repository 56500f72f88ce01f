namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>The headers that HTTP/2's header compression knows by number, from 1 (RFC 7541, appendix A).</summary>
internal static class StaticTable
{
    public const int Path = 4;
    public const int Authority = 1;
    public const int Method = 2;
    public const int Get = 2;
    public const int Http = 6;
    public const int Status = 8;

    private static readonly (string Name, string Value)[] s_entries =
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"),
        (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"),
        ("Accept-Charset", ""), ("Accept-Encoding", "gzip, deflate"), ("Accept-Language", ""), ("Accept-Ranges", ""), ("Accept", ""),
        ("Access-Control-Allow-Origin", ""), ("Age", ""), ("Allow", ""), ("Authorization", ""), ("Cache-Control", ""), ("Content-Disposition", ""),
        ("Content-Encoding", ""), ("Content-Language", ""), ("Content-Length", ""), ("Content-Location", ""), ("Content-Range", ""), ("Content-Type", ""),
        ("Cookie", ""), ("Date", ""), ("ETag", ""), ("Expect", ""), ("Expires", ""), ("From", ""), ("Host", ""), ("If-Match", ""), ("If-Modified-Since", ""),
        ("If-None-Match", ""), ("If-Range", ""), ("If-Unmodified-Since", ""), ("Last-Modified", ""), ("Link", ""), ("Location", ""), ("Max-Forwards", ""),
        ("Proxy-Authenticate", ""), ("Proxy-Authorization", ""), ("Range", ""), ("Referer", ""), ("Refresh", ""), ("Retry-After", ""), ("Server", ""),
        ("Set-Cookie", ""), ("Strict-Transport-Security", ""), ("Transfer-Encoding", ""), ("User-Agent", ""), ("Vary", ""), ("Via", ""), ("WWW-Authenticate", ""),
    ];

    /// <summary>One of them.</summary>
    /// <exception cref="InvalidDataException">There is none of this number.</exception>
    public static (string Name, string Value) Entry(int number) =>
        number >= 1 && number <= s_entries.Length ? s_entries[number - 1] : throw new InvalidDataException($"A header is number {number} of a table that the gateway does not keep.");
}
