using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using StoryPortal.Gateway.Connections;

namespace StoryPortal.Tests.Gateway;

/// <summary>Limits of connections are Kestrel's own settings, with the gateway's defaults.</summary>
public sealed class KestrelLimitsTests
{
    [Fact]
    public void Without_settings_the_gateway_has_the_guides_defaults()
    {
        var limits = Read();
        Assert.Equal(TimeSpan.FromSeconds(5), limits.KeepAliveTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), limits.RequestHeadersTimeout);
        foreach (var rate in (MinDataRate[])[limits.MinRequestBodyDataRate!, limits.MinResponseDataRate!])
        {
            Assert.Equal(4096, rate.BytesPerSecond);
            Assert.Equal(TimeSpan.FromSeconds(10), rate.GracePeriod);
        }

        Assert.Equal(limits.MaxRequestHeadersTotalSize, limits.Http2.MaxRequestHeaderFieldSize);
    }

    [Fact]
    public void A_setting_of_Kestrel_has_its_own_name()
    {
        var limits = Read(
            ("KeepAliveTimeout", "00:01:00"), ("MaxConcurrentConnections", "7"), ("MinRequestBodyDataRate:BytesPerSecond", "1000"),
            ("MaxRequestHeadersTotalSize", "65536"), ("Http2:MaxStreamsPerConnection", "9"));
        Assert.Equal(TimeSpan.FromMinutes(1), limits.KeepAliveTimeout);
        Assert.Equal(7, limits.MaxConcurrentConnections);
        Assert.Equal(1000, limits.MinRequestBodyDataRate!.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(10), limits.MinRequestBodyDataRate.GracePeriod);
        Assert.Equal(65536, limits.Http2.MaxRequestHeaderFieldSize);
        Assert.Equal(9, limits.Http2.MaxStreamsPerConnection);
    }

    [Theory]
    [InlineData("KeepAliveTimout", "00:00:05")]
    [InlineData("KeepAliveTimeout", "five")]
    [InlineData("MaxRequestLineSize", "1048577")]
    [InlineData("MaxRequestHeadersTotalSize", "1048577")]
    [InlineData("MaxRequestHeaderCount", "1001")]
    public void A_setting_that_is_unknown_or_beyond_what_a_hub_accepts_is_named(string name, string value)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Read((name, value)));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Connections:KeepAliveSeconds", "Kestrel:Limits:KeepAliveTimeout")]
    [InlineData("Connections:RequestLineBytes", "Kestrel:Limits:MaxRequestLineSize")]
    [InlineData("Connections:Backlog", "SocketTransport:Backlog")]
    [InlineData("load:concurrentrequests", "Load:MaxConcurrentRequests")]
    public async Task A_removed_setting_stops_the_start_and_its_successor_is_named(string name, string successor)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () =>
            await (await GatewayProcess.StartAsync((IReadOnlyList<int>)[], $"--{name}=5")).DisposeAsync());
        Assert.Contains(successor, refused.Message, StringComparison.Ordinal);
    }

    private static KestrelServerLimits Read(params (string Name, string Value)[] settings)
    {
        var limits = new KestrelServerLimits();
        var values = settings.Select(setting => KeyValuePair.Create($"Kestrel:Limits:{setting.Name}", (string?)setting.Value));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        ConnectionExtensions.Configure(limits, configuration.GetSection("Kestrel:Limits"));
        return limits;
    }
}
