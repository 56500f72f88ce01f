using System.Collections.Concurrent;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>The hubs, by their addresses, with the connections to them.</summary>
internal sealed class HubPool(HubPatience patience, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, Hub?> _hubs = [];

    /// <summary>Connections that are open.</summary>
    public int Connections => _hubs.Values.Sum(hub => hub?.Connections ?? 0);

    /// <summary>The hub of this address. Null: it does not speak HTTP/2 in clear text, or not at the root of its address.</summary>
    public Hub? Of(string address) => _hubs.TryGetValue(address, out var hub) ? hub : _hubs.GetOrAdd(address, Add);

    public void Dispose()
    {
        foreach (var hub in _hubs.Values)
        {
            hub?.Close();
        }
    }

    private Hub? Add(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "http", PathAndQuery: "/" } ? new Hub(uri, patience, time) : null;
}
