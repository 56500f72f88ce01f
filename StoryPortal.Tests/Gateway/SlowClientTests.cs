using System.Diagnostics;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Clients that read or send slowly, and callers that open as much as they can: others are served beside them.</summary>
public sealed class SlowClientTests
{
    private const long MaxMemory = 1024L * 1024 * 1024;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    // Deadlines of some seconds, so that a test sees them.
    private static readonly string[] ShortTimeouts =
    [
        "--Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond=50000", "--Kestrel:Limits:MinRequestBodyDataRate:GracePeriod=00:00:01.5",
        "--Kestrel:Limits:MinResponseDataRate:BytesPerSecond=1000000000", "--Kestrel:Limits:MinResponseDataRate:GracePeriod=00:00:01.5",
    ];

    [Fact]
    public Task Readers_over_HTTP_1_1_that_stall_do_not_block_other_callers() => BesideAsync(100, clients => clients.ReadNothingAsync(110));

    [Theory]
    [InlineData(24)]
    [InlineData(60)] // more than there are requests and transfers: some get 429, and do not read it
    public Task Small_responses_that_are_not_read_do_not_block_other_callers(int connections) => // each fits into a buffer, all of a connection do not
        BesideAsync(20, clients => clients.ReadNothingAsync(connections, SlowClients.Small, requests: 300));

    [Fact]
    public Task Responses_over_HTTP_2_without_a_window_do_not_block_other_callers() => BesideAsync(150, clients => clients.OpenNoWindowAsync(2));

    [Theory]
    [InlineData(2, 100, 1)]
    [InlineData(12, 15, 65_536)] // as many as the window of a connection takes
    public Task Bodies_that_stall_do_not_block_other_callers(int connections, int streams, int bytes) =>
        BesideAsync(150, clients => clients.BeginBodiesAsync(connections, SlowClients.Reader, bytes, streams));

    [Theory]
    [InlineData("responses over HTTP/1.1")]
    [InlineData("responses over HTTP/2")]
    [InlineData("bodies")]
    [Trait("Category", "Long")]
    public Task A_thousand_slow_clients_do_not_block_other_callers(string kind) => BesideAsync(1000, async clients =>
    {
        await (kind switch
        {
            "bodies" => clients.BeginBodiesAsync(10, SlowClients.Reader),
            "responses over HTTP/2" => clients.OpenNoWindowAsync(10),
            _ => clients.ReadNothingAsync(1010),
        });
        using var end = new CancellationTokenSource();
        var trickling = kind == "bodies" ? clients.TrickleAsync(end.Token) : Task.CompletedTask;
        await ProbeAsync(clients, 1000); // beside deadlines that pass
        await end.CancelAsync();
        await trickling;
    });

    [Fact]
    public async Task Over_HTTP_2_a_response_that_stands_still_ends_beside_others_that_flow()
    {
        await using var clients = await SlowClients.StartAsync(ShortTimeouts);
        var connection = await clients.ConnectAsync(window: 0);
        connection.WriteRequest(1, "GET", SlowClients.Large, endsStream: true);
        await connection.SendAsync(clients.Deadline);
        var flows = 1;
        var reset = false;
        while (!reset)
        {
            var frame = await connection.ReadAsync(clients.Deadline);
            Assert.NotNull(frame); // the connection stays
            reset = frame is { Stream: 1, Type: Http2Connection.ResetStream };
            if (frame.Stream == flows && frame.Type == Http2Connection.Headers)
            {
                flows += 2; // small requests, one after the other: each moves the deadline of the connection, which is Kestrel's own
                connection.WriteRequest(flows, "GET", "/v1/probe", endsStream: true);
                await connection.SendAsync(clients.Deadline);
            }
        }

        Assert.True(flows > 3, "Nothing flowed beside it.");
    }

    [Fact]
    public async Task Over_HTTP_1_1_a_response_that_stands_still_ends()
    {
        await using var clients = await SlowClients.StartAsync(ShortTimeouts);
        await clients.ReadNothingAsync(5);
        await Eventually.TrueAsync(async () => await clients.Gateway.MetricAsync("concurrent_transfers") == 5);
        await Eventually.TrueAsync(async () => await clients.Gateway.MetricAsync("concurrent_transfers") == 0, timeout: Recovery);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)] // the hub has the beginning
    public async Task Over_HTTP_2_a_body_that_stands_still_is_refused_beside_another_that_flows(int bytes)
    {
        await using var clients = await SlowClients.StartAsync(ShortTimeouts);
        await clients.BeginBodiesAsync(1, GatewayProcess.AdminKey, bytes, streams: 1);
        var connection = clients.Connections[0];
        connection.WriteRequest(
            3, "POST", "/v1/batch", endsStream: false, ("x-api-key", GatewayProcess.AdminKey), ("content-type", "application/json"));
        using var end = new CancellationTokenSource();
        var flowing = FlowAsync();
        Assert.Equal(408, await connection.ReadStatusAsync(1, clients.Deadline));
        await end.CancelAsync();
        await flowing;

        async Task FlowAsync()
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            do
            {
                connection.WriteData(3, new byte[5000]); // a multiple of the rate: Kestrel's own deadline is that of the connection
                await connection.SendAsync(clients.Deadline);
            }
            while (await timer.WaitForNextTickAsync(CancellationToken.None) && !end.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task Slow_readers_are_no_load_of_the_hubs()
    {
        await using var clients = await SlowClients.StartAsync("--Load:MinConcurrentRequests=1", "--Load:TargetLatency=00:00:01");
        var sockets = await clients.ReadNothingAsync(60);
        await Eventually.TrueAsync(async () => await InUseAsync(clients) == 60);
        await using (var prober = Prober.Start(clients.Gateway))
        {
            await prober.AnsweredAsync(25); // ten a second
        }

        await Eventually.TrueAsync(async () => await clients.Gateway.MetricAsync("concurrent_requests_limit") == 1000); // after the start

        sockets.ForEach(socket => socket.Dispose()); // they took long, and end within one window
        await Eventually.TrueAsync(async () => await InUseAsync(clients) == 0);
        Assert.Equal(1000, await clients.Gateway.MetricAsync("concurrent_requests_limit"));
    }

    [Fact]
    public async Task A_key_has_its_share_of_the_requests_and_another_what_is_free()
    {
        await using var clients = await SlowClients.StartAsync("--Load:MaxConcurrentRequests=40");
        await ProbeAsync(clients, 1);
        var requests = Enumerable.Range(0, 40).Select(_ => clients.Gateway.GetAsync("/v1/held", SlowClients.Reader)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(clients.Held == 20 && requests.Count(request => request.IsCompleted) == 20));
        await ProbeAsync(clients, 5);
        foreach (var refused in requests.Where(request => request.IsCompleted))
        {
            using var response = await refused;
            Assert.NotNull(response.Headers.RetryAfter);
            await response.ProblemAsync(HttpStatusCode.TooManyRequests);
        }

        var others = Enumerable.Range(0, 40).Select(_ => clients.Gateway.GetAsync("/v1/held", SlowClients.Other)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(clients.Held == 30 && others.Count(request => request.IsCompleted) == 30));
        await ProbeAsync(clients, 5);
        clients.Release();
        Assert.Equal(20, (await Task.WhenAll(requests)).Count(response => response.StatusCode == HttpStatusCode.OK));
        Assert.Equal(10, (await Task.WhenAll(others)).Count(response => response.StatusCode == HttpStatusCode.OK));
        using var again = await clients.Gateway.GetAsync("/v1/held", SlowClients.Reader);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task A_key_has_its_share_of_the_streams_and_watches()
    {
        await using var clients = await SlowClients.StartAsync("--Load:MaxConcurrentStreamsPerCaller=10");
        using var client = new HttpClient { BaseAddress = clients.Gateway.Anonymous.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", SlowClients.Reader);
        using var ends = new CancellationTokenSource();
        var watch = new Uri("/v1/services/watch?index=1", UriKind.Relative);
        var watches = Enumerable.Range(0, 4).Select(_ => client.GetAsync(watch, ends.Token)).ToList();
        await Eventually.TrueAsync(async () => await clients.Gateway.MetricAsync("open_streams") == 4);
        var streams = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenAsync(client)));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));

        using var refused = await OpenAsync(client);
        Assert.NotNull(refused.Headers.RetryAfter);
        await refused.ProblemAsync(HttpStatusCode.TooManyRequests);
        using var other = await OpenAsync(clients.Gateway.Admin);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        streams[0].Dispose();
        await Eventually.TrueAsync(async () =>
        {
            using var stream = await OpenAsync(client);
            return stream.StatusCode == HttpStatusCode.OK;
        });
        await ends.CancelAsync();
        Array.ForEach(streams, stream => stream.Dispose());
        await Task.WhenAll(watches.Select(watching => Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching)));

        Task<HttpResponseMessage> OpenAsync(HttpClient caller) =>
            caller.GetAsync(new Uri("/v1/events/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, clients.Deadline);
    }

    // Beside the abuse another caller is served within a second, and ten seconds after it everything is as before.
    private static async Task BesideAsync(int limit, Func<SlowClients, Task> abuse)
    {
        await using var clients = await SlowClients.StartAsync($"--Load:MaxConcurrentRequests={limit}", $"--Load:MaxConcurrentTransfers={limit}");
        await ProbeAsync(clients, 1);
        using (await clients.Gateway.GetAsync("/v1/probe", SlowClients.Reader)) // its key is known from here on
        {
        }

        await abuse(clients);
        await Eventually.TrueAsync(async () => await InUseAsync(clients) >= limit / 2);
        await ProbeAsync(clients, 20);
        Assert.InRange(clients.Gateway.Memory, 0, MaxMemory);

        await clients.LeaveAsync();
        await Eventually.TrueAsync(
            async () => await clients.Gateway.MetricAsync("concurrent_requests") == 0
                && await clients.Gateway.MetricAsync("concurrent_transfers") == 0
                && await clients.Gateway.MetricAsync("concurrent_requests_limit") == limit,
            timeout: Recovery);
    }

    private static async Task<double> InUseAsync(SlowClients clients) =>
        await clients.Gateway.MetricAsync("concurrent_requests") + await clients.Gateway.MetricAsync("concurrent_transfers");

    private static async Task ProbeAsync(SlowClients clients, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            var started = Stopwatch.GetTimestamp();
            using var response = await clients.Gateway.GetAsync("/v1/probe", GatewayProcess.AdminKey).WaitAsync(clients.Deadline);
            var elapsed = Stopwatch.GetElapsedTime(started);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"Probe {i}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            Assert.True(i == 0 || elapsed < Soon, $"Probe {i} took {elapsed}.");
        }
    }
}
