using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StoryPortal.Tests.Gateway;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Telemetry;

/// <summary>The collector is nobody's dependency, not even at the end.</summary>
public sealed class LastExportTests
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // takes connections and never answers
    public async Task A_process_whose_collector_is_away_ends_within_ten_seconds(bool accepts)
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        var port = ((IPEndPoint)collector.LocalEndpoint).Port;
        if (!accepts)
        {
            collector.Stop();
        }

        await using var redis = await RedisServer.StartAsync();
        await using var hub = await FakeHub.StartAsync(_ => { });
        await using var gateway = await ProductProcess.StartAsync("StoryPortal.Gateway", ProductProcess.FreePorts(1)[0], new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = redis.Address,
            ["services__service-hub__http2__0"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{hub.Port}"),
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory", // as Aspire has it
        });

        var told = Stopwatch.StartNew();
        await gateway.TerminateAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await gateway.WaitForExitAsync(deadline.Token);

        Assert.InRange(told.Elapsed, TimeSpan.Zero, InTime);
    }
}
