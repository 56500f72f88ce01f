using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace StoryPortal.ServiceDefaults.Listening;

/// <summary>
/// How far a gateway's limits of a request's line and headers can be raised, and Kestrel's limits of a hub, which follow from that: a hub accepts
/// every request that a gateway forwards, whatever the gateway's settings are.
/// </summary>
public static class RequestLimits
{
    /// <summary>Bytes of a request's first line, at most: 1 MiB.</summary>
    public const int MaxLineBytes = 1024 * 1024;

    /// <summary>Bytes of all headers of a request, at most: 1 MiB.</summary>
    public const int MaxHeaderBytes = 1024 * 1024;

    /// <summary>Headers of a request, at most.</summary>
    public const int MaxHeaders = 1000;

    // A byte of the target is forwarded as %XX.
    private const int BytesOfEncodedByte = 3;

    // RFC 9113, section 6.5.2: HTTP/2 counts 32 bytes for each header beside its text.
    private const int BytesBesideText = 32;

    // Pseudo-headers, the request id and the trace.
    private const int AddedHeaders = 16;
    private const int AddedBytes = 4096;

    /// <summary>Lets a hub accept what gateways add to a request and percent-encode of it.</summary>
    public static void AcceptForwardedRequests(this WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        var limits = kestrel.Limits;
        limits.MaxRequestLineSize = (MaxLineBytes * BytesOfEncodedByte) + AddedBytes;
        limits.MaxRequestHeaderCount = MaxHeaders + AddedHeaders;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes + limits.MaxRequestLineSize + (limits.MaxRequestHeaderCount * BytesBesideText);
        limits.Http2.MaxRequestHeaderFieldSize = limits.MaxRequestHeadersTotalSize;
        limits.MaxRequestBufferSize = limits.MaxRequestHeadersTotalSize;

        // Kestrel ends the whole HTTP/2 connection of a gateway for one body that stands still, with the requests of all other callers.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    });
}
