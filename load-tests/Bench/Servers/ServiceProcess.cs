using StoryPortal.Bench.Measurement;

namespace StoryPortal.Bench.Servers;

/// <summary>A service of the system, with the ports of the process itself: at the published addresses Aspire may have a proxy.</summary>
internal sealed class ServiceProcess
{
    private readonly IReadOnlyDictionary<string, string> _variables;

    public ServiceProcess(int id) => (Id, _variables) = (id, ProcFiles.Variables(id));

    /// <summary>The process.</summary>
    public int Id { get; }

    /// <summary>HTTP/1.1.</summary>
    public Uri Http => new($"http://127.0.0.1:{_variables["Listen__Http"]}");

    /// <summary>HTTP/1.1 with /metrics: the internal port, or the same as <see cref="Http"/>.</summary>
    public Uri Operators => _variables.TryGetValue("Listen__Internal", out var port) ? new($"http://127.0.0.1:{port}") : Http;

    /// <summary>HTTP/2 in clear text.</summary>
    public Uri Http2 => new($"http://127.0.0.1:{_variables["Listen__Http2"]}");

    /// <summary>HTTP/1.1 and HTTP/2 over TLS.</summary>
    public Uri Https => new($"https://127.0.0.1:{_variables["Listen__Https"]}");
}
