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
        var port = ReservedPorts.Take(1)[0];
        using var collector = new TcpListener(IPAddress.Loopback, port);
        if (accepts)
        {
            collector.Start();
        }

        await using var gateway = await StartAsync(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "grpc"); // as Aspire has it

        var told = Stopwatch.StartNew();
        await gateway.EndAsync();

        Assert.InRange(told.Elapsed, TimeSpan.Zero, InTime);
    }

    [Fact]
    public async Task What_is_left_reaches_a_collector_that_answers()
    {
        await using var collector = await Collector.StartAsync();
        await using var gateway = await StartAsync(collector.Address, "http/protobuf", "--Telemetry:LastExportMilliseconds=60000"); // this machine may be slow
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using (var client = new HttpClient())
        using (var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{gateway.Port}/v1/agents")))
        {
            request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
            request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.DoesNotContain(collector.Spans, span => span.TraceId == trace);
        await gateway.EndAsync();

        Assert.Contains(collector.Spans, span => span.TraceId == trace);
    }

    private static async Task<Gateway> StartAsync(string collector, string protocol, params string[] settings)
    {
        var redis = await RedisServer.StartAsync();
        var hub = await FakeHub.StartAsync(_ => { });
        var port = ReservedPorts.Take(1)[0];
        return new Gateway(port, redis, hub, await ProductProcess.StartAsync("StoryPortal.Gateway", port, new Dictionary<string, string>
        {
            ["ConnectionStrings__redis"] = redis.Address,
            ["Authentication__AdminKey"] = GatewayProcess.AdminKey,
            ["services__service-hub__http2__0"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{hub.Port}"),
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            ["OTEL_BSP_SCHEDULE_DELAY"] = "600000", // nothing before the end
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory", // as Aspire has it
        }, settings));
    }

    private sealed record Gateway(int Port, RedisServer Redis, FakeHub Hub, ProductProcess Process) : IAsyncDisposable
    {
        public async Task EndAsync()
        {
            await Process.TerminateAsync();
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await Process.WaitForExitAsync(deadline.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await Process.DisposeAsync();
            await Hub.DisposeAsync();
            await Redis.DisposeAsync();
        }
    }
}
