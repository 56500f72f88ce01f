using System.Net;
using System.Net.Sockets;
using StoryPortal.Gateway.Proxy.Http2;
using StoryPortal.Tests.Running;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace StoryPortal.Tests.Gateway.Http2;

/// <summary>The hubs that the gateway knows, as they come and go.</summary>
public sealed class HubPoolTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpListener _staying = Listen();
    private readonly TcpListener _leaving = Listen();
    private readonly HubPool _pool = new(new HubPatience(Patience, Patience, Patience), TimeProvider.System);

    public void Dispose()
    {
        _pool.Dispose();
        _staying.Dispose();
        _leaving.Dispose();
    }

    [Fact]
    public async Task A_hub_whose_address_goes_away_is_let_go_and_the_others_are_kept()
    {
        var (staying, leaving) = (_pool.Of(AddressOf(_staying))!, _pool.Of(AddressOf(_leaving))!);
        _ = staying.TrySend([0x82], Patience); // nobody waits for a connection: the first request only begins one
        _ = leaving.TrySend([0x82], Patience);
        await Eventually.TrueAsync(() => Task.FromResult(_pool.Connections == 2 * Math.Clamp(Environment.ProcessorCount / 2, 1, 8)));

        _pool.OnClusterChanged(Cluster(AddressOf(_staying)));

        Assert.Same(staying, _pool.Of(AddressOf(_staying)));
        Assert.True(staying.Connections > 0);
        Assert.Equal(0, leaving.Connections);
        Assert.Null(leaving.TrySend([0x82], Patience));
        Assert.NotSame(leaving, _pool.Of(AddressOf(_leaving)));
    }

    private static ClusterState Cluster(string address)
    {
        var destination = new DestinationConfig { Address = address };
        var cluster = new ClusterState("service-hub");
        cluster.Destinations.TryAdd("one", new DestinationState("one", new DestinationModel(destination)));
        return cluster;
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string AddressOf(TcpListener listener) => $"http://{listener.LocalEndpoint}";
}
