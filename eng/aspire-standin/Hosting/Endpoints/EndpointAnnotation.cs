using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource listens on a port.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    /// <summary>An endpoint named like its scheme, unless it has a name.</summary>
    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null, int? port = null, int? targetPort = null,
        bool? isExternal = null, bool? isProxied = null)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
        Transport = transport ?? (UriScheme is "http" or "https" ? "http" : protocol.ToString().ToLowerInvariant());
        Name = name ?? UriScheme;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied ?? true;
    }

    /// <summary>Its name.</summary>
    public string Name { get; set; }

    /// <summary>TCP or UDP.</summary>
    public ProtocolType Protocol { get; set; }

    /// <summary>The scheme of its URL.</summary>
    public string UriScheme { get; set; }

    /// <summary>http, http2 or tcp.</summary>
    public string Transport { get; set; }

    /// <summary>The port that others use.</summary>
    public int? Port { get; set; }

    /// <summary>The port that the process listens on.</summary>
    public int? TargetPort { get; set; }

    /// <summary>Whether it is reached from outside of the application.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Whether Aspire may put a proxy in front; the stand-in has none.</summary>
    public bool IsProxied { get; set; }

    /// <summary>Where the endpoint is reached, once the application started.</summary>
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }

    internal string? TargetPortVariable { get; set; }
}

/// <summary>Where an endpoint is reached.</summary>
public class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port)
{
    /// <summary>The host.</summary>
    public string Address { get; } = address;

    /// <summary>The port.</summary>
    public int Port { get; } = port;

    /// <summary>The URL.</summary>
    public string UriString => $"{endpoint.UriScheme}://{Address}:{Port}";
}
