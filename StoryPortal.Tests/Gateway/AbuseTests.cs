using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.Tests.Running;
using Xunit.Abstractions;

namespace StoryPortal.Tests.Gateway;

/// <summary>Callers that mean no good, or too much of it: who asks beside them is served.</summary>
public sealed class AbuseTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const long MostMemory = 1024L * 1024 * 1024;
    private const int Requests = 1000;
    private const int Streams = 1000;
    private const double Unnoticeable = 5; // milliseconds: what the machine itself does now and then

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _deadline = new(Patience);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;
    private int _held;
    private int _batches;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    private async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync(app =>
        {
            app.MapGet("/v1/probe", () => "here");
            app.MapGet("/v1/held", async () =>
            {
                Interlocked.Increment(ref _held);
                await _release.Task;
                return "released";
            });
            app.MapPost("/v1/events/batch", async (HttpContext context) =>
            {
                Interlocked.Increment(ref _batches);
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                return TypedResults.Ok();
            });
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
            app.MapGet("/v1/services/watch", async (HttpContext context) => // nothing changes
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        });
        _gateway = await GatewayProcess.StartAsync(
            [_hub], "--Connections:HeadersSeconds=1", "--Connections:KeepAliveSeconds=600", "--RateLimiting:RequestsPerMinute=10000000", $"--Load:ConcurrentRequests={Requests}");
    }

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await Fixtures.DisposeAllAsync(_gateway, _hub);
        _deadline.Dispose();
    }

    [Fact]
    public Task Headers_that_never_end_are_cut_off() => BesideProbesAsync(SlowHeadersAsync);

    [Fact]
    public async Task A_body_that_is_left_in_the_middle_costs_nobody_anything_and_no_hub_hears_of_it()
    {
        await BesideProbesAsync(LeftBodiesAsync);
        await Eventually.TrueAsync(async () => await _gateway.MetricAsync("concurrent_requests") == 0);
        Assert.Equal(0, _batches);
    }

    [Fact]
    public Task A_thousand_idle_connections_cost_next_to_nothing() => BesideProbesAsync(() => IdleConnectionsAsync(1000));

    [Fact]
    public Task A_header_of_64_KB_is_refused() => BesideProbesAsync(LargeHeadersAsync);

    [Fact]
    public async Task Streams_that_are_opened_and_reset_at_once_stop_nobody()
    {
        await BesideProbesAsync(RapidResetAsync);
        await Eventually.TrueAsync(async () => await _gateway.MetricAsync("concurrent_requests") == 0);
    }

    [Fact]
    public async Task Whoever_floods_it_with_resets_is_let_in_again_after_a_pause_and_others_at_once()
    {
        await RapidResetAsync();
        await RapidResetAsync();
        await Eventually.TrueAsync(async () => await HeldBackAsync() > 0);

        var before = await HeldBackAsync();
        using var other = await ConnectAsync("GET /alive HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", from: IPAddress.Parse("127.0.0.2"));
        Assert.StartsWith("HTTP/1.1 200", await ReadToEndAsync(other), StringComparison.Ordinal);
        Assert.Equal(before, await HeldBackAsync());

        Task<double> HeldBackAsync() => _gateway.MetricAsync("connections_held_back_total");
    }

    /// <summary>What is asked beside it takes at most twice as long as when nobody else is there.</summary>
    [Theory]
    [InlineData("slow headers")]
    [InlineData("left bodies")]
    [InlineData("10,000 idle connections")]
    [InlineData("64 KB headers")]
    [InlineData("rapid reset")]
    [Trait("Category", "Long")]
    public async Task Nobody_notices(string abuse)
    {
        const int Probes = 100;
        await using (var warmUp = Prober.Start(_gateway))
        {
            await warmUp.AnsweredAsync(20);
        }

        double normal;
        await using (var alone = Prober.Start(_gateway))
        {
            await alone.AnsweredAsync(Probes);
            normal = alone.Percentile95;
        }

        await using var beside = Prober.Start(_gateway);
        while (beside.Answered < Probes && !beside.Failed)
        {
            await (abuse switch
            {
                "slow headers" => SlowHeadersAsync(),
                "left bodies" => LeftBodiesAsync(),
                "10,000 idle connections" => IdleConnectionsAsync(10_000, () => beside.AnsweredAsync(Probes)),
                "64 KB headers" => LargeHeadersAsync(),
                _ => RapidResetAsync(),
            });
        }

        output.WriteLine($"p95 of probes: {normal:0.00} ms alone, {beside.Percentile95:0.00} ms beside {abuse}; memory {_gateway.Memory / 1024 / 1024} MB");
        Assert.InRange(beside.Percentile95, 0, Math.Max(2 * normal, Unnoticeable));
        Assert.InRange(_gateway.Memory, 0, MostMemory);
    }

    private async Task BesideProbesAsync(Func<Task> abuse)
    {
        await using var prober = Prober.Start(_gateway);
        await prober.AnsweredAsync(1);
        await abuse();
        await prober.AnsweredAsync(2);
        Assert.InRange(_gateway.Memory, 0, MostMemory);
    }

    private async Task SlowHeadersAsync()
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < 100; i++)
        {
            connections.Add(await ConnectAsync("GET /v1/probe HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
        }

        foreach (var connection in connections)
        {
            Assert.StartsWith("HTTP/1.1 408", await ReadToEndAsync(connection), StringComparison.Ordinal);
            connection.Dispose();
        }
    }

    private Task LeftBodiesAsync() => Elsewhere.RunAsync(() =>
    {
        var beginning = System.Text.Encoding.ASCII.GetBytes(
            $"POST /v1/events/batch HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[");
        for (var i = 0; i < 100; i++)
        {
            using var connection = new TcpClient();
            connection.Connect(IPAddress.Loopback, _gateway.Port);
            connection.GetStream().Write(beginning);
        }
    });

    private async Task IdleConnectionsAsync(int count, Func<Task>? meanwhile = null)
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < count; i++)
        {
            var connection = new TcpClient();
            connections.Add(connection);
            await connection.ConnectAsync(IPAddress.Loopback, _gateway.Port, _deadline.Token);
        }

        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        connections.ForEach(connection => connection.Dispose());
    }

    private async Task LargeHeadersAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            using var connection = await ConnectAsync($"GET /v1/probe HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('x', 64 * 1024)}\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 431", await ReadToEndAsync(connection), StringComparison.Ordinal);
        }
    }

    private Task RapidResetAsync() => RapidReset.SendAsync(_gateway, "/v1/held", Streams, _deadline.Token);

    [Fact]
    public async Task More_than_can_be_served_is_told_to_come_again_and_what_was_taken_on_is_answered()
    {
        var requests = Enumerable.Range(0, Requests * 2).Select(_ => _gateway.GetAsync("/v1/held", GatewayProcess.AdminKey)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_held == Requests && requests.Count(request => request.IsCompleted) == Requests));
        using var health = await _gateway.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        _release.SetResult();
        var answers = await Task.WhenAll(requests);
        Assert.Equal(Requests, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.OK), answer =>
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
        });
        Array.ForEach(answers, answer => answer.Dispose());
        await ProbeAsync();
        Assert.InRange(_gateway.Memory, 0, MostMemory);
    }

    [Fact]
    public async Task A_thousand_open_streams_and_watches_leave_room_for_a_thousand_requests()
    {
        using var client = new HttpClient { BaseAddress = _gateway.Anonymous.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
        using var ends = new CancellationTokenSource();
        var watches = Enumerable.Range(0, Streams / 2).Select(_ => client.GetAsync(new Uri("/v1/services/watch?index=1", UriKind.Relative), ends.Token)).ToList();
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams / 2).Select(_ =>
            client.GetAsync(new Uri("/v1/events/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, _deadline.Token)));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        await Eventually.TrueAsync(async () => await _gateway.MetricAsync("open_streams") == Streams);

        var requests = Enumerable.Range(0, Requests).Select(_ => _gateway.GetAsync("/v1/held", GatewayProcess.AdminKey)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_held == Requests));
        _release.SetResult();
        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

        Assert.DoesNotContain(watches, watch => watch.IsCompleted);
        await ends.CancelAsync();
        Array.ForEach(streams, stream => stream.Dispose());
        foreach (var watch in watches)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
        }

        await Eventually.TrueAsync(async () => await _gateway.MetricAsync("open_streams") == 0);
    }

    private async Task ProbeAsync()
    {
        using var response = await _gateway.GetAsync("/v1/probe", GatewayProcess.AdminKey).WaitAsync(_deadline.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<TcpClient> ConnectAsync(string text, IPAddress? from = null)
    {
        var connection = new TcpClient(new IPEndPoint(from ?? IPAddress.Loopback, 0));
        await connection.ConnectAsync(IPAddress.Loopback, _gateway.Port, _deadline.Token);
        await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), _deadline.Token);
        return connection;
    }

    private async Task<string> ReadToEndAsync(TcpClient connection)
    {
        using var reader = new StreamReader(connection.GetStream());
        return await reader.ReadToEndAsync(_deadline.Token);
    }
}
