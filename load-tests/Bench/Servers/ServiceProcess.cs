using StoryPortal.Bench.Measuring;

namespace StoryPortal.Bench.Servers;

/// <summary>A service of the system, asked at the ports that it listens on itself: Aspire may put a proxy before the addresses that it gives out.</summary>
internal sealed class ServiceProcess
{
    private readonly IReadOnlyDictionary<string, string> _variables;

    public ServiceProcess(int id) => (Id, _variables) = (id, ProcFiles.Variables(id));

    /// <summary>Its process.</summary>
    public int Id { get; }

    /// <summary>HTTP/1.1.</summary>
    public Uri Http => new($"http://127.0.0.1:{_variables["Listen__Http"]}");

    /// <summary>HTTP/1.1 for operators: a port of its own, or the same.</summary>
    public Uri Operators => _variables.TryGetValue("Listen__Internal", out var port) ? new($"http://127.0.0.1:{port}") : Http;

    /// <summary>HTTP/2 in clear text.</summary>
    public Uri Http2 => new($"http://127.0.0.1:{_variables["Listen__Http2"]}");

    /// <summary>HTTP/1.1 and HTTP/2 over TLS.</summary>
    public Uri Https => new($"https://127.0.0.1:{_variables["Listen__Https"]}");
}
