using System.ComponentModel.DataAnnotations;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.Gateway.Connections;

/// <summary>What one connection to the gateway may do, section <c>Connections</c>.</summary>
public sealed class ConnectionOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Connections";

    /// <summary>Seconds that a connection may be idle. Default 5.</summary>
    [Range(1, 3600)]
    public double KeepAliveSeconds { get; set; } = 5;

    /// <summary>Seconds in which the headers of a request must have arrived. Default 10.</summary>
    [Range(1, 600)]
    public double HeadersSeconds { get; set; } = 10;

    /// <summary>Bytes a second that the sender of a body must keep up, after five seconds of grace. Default 240.</summary>
    [Range(1, 1_000_000_000)]
    public double SlowestBytesPerSecond { get; set; } = 240;

    /// <summary>Bytes of all headers of a request; more get 431. Default 32 KiB. A hub's limit is larger than the largest value.</summary>
    [Range(1024, RequestLimits.MaxHeaderBytes)]
    public int HeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Headers of a request; more get 431. Default 100. A hub's limit is larger than the largest value.</summary>
    [Range(10, RequestLimits.MaxHeaders)]
    public int Headers { get; set; } = 100;

    /// <summary>Bytes of a request's first line; more get 414. Default 8 KiB. A hub's limit is larger than the largest value.</summary>
    [Range(256, RequestLimits.MaxLineBytes)]
    public int RequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>Requests that one HTTP/2 connection may have open at a time. Default 100.</summary>
    [Range(1, 10_000)]
    public int StreamsPerConnection { get; set; } = 100;

    /// <summary>Connections that are accepted in a second, for each processor; more wait in the system's queue. Default 500: a flood of them leaves those who are connected most of the time.</summary>
    [Range(1, 1_000_000)]
    public int NewPerSecondAndProcessor { get; set; } = 500;

    /// <summary>Connections that may wait to be accepted. Default 2,048.</summary>
    [Range(1, 65_535)]
    public int Backlog { get; set; } = 2048;
}
