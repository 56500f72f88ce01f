using System.Collections.Concurrent;
using Yarp.ReverseProxy.Model;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>The hubs, by their addresses, with the connections to them. Those whose address goes away are let go: where hubs come and go, each has another.</summary>
internal sealed class HubPool(HubPatience patience, TimeProvider time) : IClusterChangeListener, IDisposable
{
    private readonly ConcurrentDictionary<string, Hub?> _hubs = [];

    /// <summary>Connections that are open.</summary>
    public int Connections => _hubs.Values.Sum(hub => hub?.Connections ?? 0);

    /// <summary>The hub of this address. Null: it does not speak HTTP/2 in clear text, or not at the root of its address.</summary>
    public Hub? Of(string address) => _hubs.TryGetValue(address, out var hub) ? hub : _hubs.GetOrAdd(address, Add);

    public void OnClusterAdded(ClusterState cluster)
    {
    }

    public void OnClusterChanged(ClusterState cluster)
    {
        var present = cluster.Destinations.Values.Select(destination => destination.Model.Config.Address).ToHashSet();
        Retire(address => !present.Contains(address));
    }

    public void OnClusterRemoved(ClusterState cluster) => Retire(_ => true); // there is one

    public void Dispose() => Retire(_ => true);

    private void Retire(Func<string, bool> isGone)
    {
        foreach (var address in _hubs.Keys.Where(isGone))
        {
            if (_hubs.TryRemove(address, out var hub))
            {
                hub?.Retire();
            }
        }
    }

    private Hub? Add(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "http", PathAndQuery: "/" } ? new Hub(uri, patience, time) : null;
}
