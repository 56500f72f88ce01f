using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Listening;

/// <summary>
/// The ports that a process listens on, section <c>Listen</c>. One that is not set is not opened; when none is set, ASP.NET Core's own
/// settings (<c>ASPNETCORE_HTTP_PORTS</c>, <c>ASPNETCORE_URLS</c>) decide.
/// </summary>
public sealed class ListenOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Listen";

    /// <summary>HTTP/1.1 in clear text.</summary>
    [Range(1, 65535)]
    public int? Http { get; set; }

    /// <summary>HTTP/2 only, in clear text and without upgrade: what the gateway speaks to a hub.</summary>
    [Range(1, 65535)]
    public int? Http2 { get; set; }

    /// <summary>HTTP/1.1 and HTTP/2 over TLS, negotiated by ALPN.</summary>
    [Range(1, 65535)]
    public int? Https { get; set; }

    /// <summary>HTTP/1.1 for operators alone: when set, <c>/metrics</c> is served here and nowhere else.</summary>
    [Range(1, 65535)]
    public int? Internal { get; set; }

    /// <summary>Whether the ports are open to this machine alone. Default: in Development.</summary>
    public bool? Loopback { get; set; }

    /// <summary>Whether a request came by <see cref="Http2"/>. No other port of such a process speaks HTTP/2, and a request's protocol is cheaper to ask for than its port.</summary>
    public bool IsFromGateway(HttpContext context) =>
        Http2 is { } port && HttpProtocol.IsHttp2(context.Request.Protocol) && context.Connection.LocalPort == port;

    internal bool Any => Http is not null || Http2 is not null || Https is not null || Internal is not null;
}
