using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Callers that mean no good, or too much of it: who asks beside them is served.</summary>
public sealed class AbuseTests : IAsyncLifetime
{
    private const long MostMemory = 1024L * 1024 * 1024;
    private const int Requests = 1000;
    private const int Streams = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _deadline = new(Patience);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;
    private int _held;
    private int _streaming;

    public async Task InitializeAsync()
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
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                return TypedResults.Ok();
            });
            app.MapGet("/v1/events/stream", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync(context.RequestAborted);
                Interlocked.Increment(ref _streaming);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
        });
        _gateway = await GatewayProcess.StartAsync(
            [_hub], "--Connections:HeadersSeconds=1", "--Connections:KeepAliveSeconds=600", "--RateLimiting:RequestsPerMinute=10000000", $"--Load:ConcurrentRequests={Requests}");
    }

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await _gateway.DisposeAsync();
        await _hub.DisposeAsync();
        _deadline.Dispose();
    }

    [Fact]
    public async Task Headers_that_never_end_are_cut_off()
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < 100; i++)
        {
            connections.Add(await ConnectAsync("GET /v1/probe HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
        }

        await ProbeAsync();
        foreach (var connection in connections)
        {
            Assert.StartsWith("HTTP/1.1 408", await ReadToEndAsync(connection), StringComparison.Ordinal);
            connection.Dispose();
        }

        await ProbeAsync();
    }

    [Fact]
    public async Task A_body_that_is_left_in_the_middle_costs_nobody_anything()
    {
        for (var i = 0; i < 100; i++)
        {
            using var connection = await ConnectAsync(
                $"POST /v1/events/batch HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[");
        }

        await ProbeAsync();
    }

    [Fact]
    public Task A_thousand_idle_connections_cost_next_to_nothing() => IdleConnectionsAsync(1000);

    [Fact]
    [Trait("Category", "Long")]
    public Task Ten_thousand_idle_connections_cost_little() => IdleConnectionsAsync(10_000);

    private async Task IdleConnectionsAsync(int count)
    {
        var connections = new List<TcpClient>();
        for (var i = 0; i < count; i++)
        {
            var connection = new TcpClient();
            connections.Add(connection);
            await connection.ConnectAsync(IPAddress.Loopback, _gateway.Port, _deadline.Token);
        }

        await ProbeAsync();
        Assert.InRange(_gateway.Memory, 0, MostMemory);
        connections.ForEach(connection => connection.Dispose());
    }

    [Fact]
    public async Task A_header_of_64_KB_is_refused()
    {
        using var connection = await ConnectAsync($"GET /v1/probe HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('x', 64 * 1024)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431", await ReadToEndAsync(connection), StringComparison.Ordinal);
        await ProbeAsync();
    }

    [Fact]
    public async Task Streams_that_are_opened_and_reset_at_once_stop_nobody()
    {
        using var client = _gateway.CreateSecureClient();
        client.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
        for (var i = 0; i < 10; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
            {
                using var reset = new CancellationTokenSource();
                var request = client.GetAsync(new Uri("/v1/held", UriKind.Relative), reset.Token);
                await reset.CancelAsync();
                await Assert.ThrowsAnyAsync<Exception>(async () => (await request).Dispose());
            }));
            await ProbeAsync();
        }

        await Eventually.TrueAsync(async () => await MetricAsync("concurrent_requests") == 0);
        Assert.InRange(_gateway.Memory, 0, MostMemory);
    }

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
    public async Task A_thousand_open_streams_leave_room_for_a_thousand_requests()
    {
        using var client = new HttpClient { BaseAddress = _gateway.Anonymous.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ =>
            client.GetAsync(new Uri("/v1/events/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, _deadline.Token)));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        Assert.Equal(Streams, await MetricAsync("open_streams"));

        var requests = Enumerable.Range(0, Requests).Select(_ => _gateway.GetAsync("/v1/held", GatewayProcess.AdminKey)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_held == Requests));
        _release.SetResult();
        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Array.ForEach(streams, stream => stream.Dispose());
        await Eventually.TrueAsync(async () => await MetricAsync("open_streams") == 0);
    }

    private async Task ProbeAsync()
    {
        using var response = await _gateway.GetAsync("/v1/probe", GatewayProcess.AdminKey).WaitAsync(_deadline.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<double> MetricAsync(string name)
    {
        var metrics = await _gateway.Internal.GetStringAsync(new Uri("/metrics", UriKind.Relative), _deadline.Token);
        var line = metrics.Split('\n').Single(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Replace(name, "", StringComparison.Ordinal).Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<TcpClient> ConnectAsync(string text)
    {
        var connection = new TcpClient();
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
