using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>What is read through the gateway is what the hub has said, however much of it and however slowly it is taken.</summary>
public sealed class ForwardingTests : IAsyncLifetime
{
    private const int Large = 8 * 1024 * 1024;
    private const int BlockBytes = 32 * 1024;
    private const int Many = 400; // more than one connection takes at a time

    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(5));
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;
    private int _held;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    private async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync(app =>
        {
            app.MapMethods("/v1/said", ["GET", "HEAD", "POST"], (HttpContext context) =>
            {
                context.Response.Headers.ETag = "\"1\"";
                context.Response.Headers.Append("Link", "<a>");
                context.Response.Headers.Append("Link", "<b>");
                context.Response.Headers["X-Heard"] = $"{context.Request.QueryString}|{Uri.EscapeDataString(context.Request.Headers["X-Said"].ToString())}|{context.Request.Headers["X-Forwarded-For"]}|{context.Request.Host}";
                return context.Request.Headers.IfNoneMatch == "\"1\"" ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : (IResult)TypedResults.Text("said");
            });
            app.MapGet("/v1/large", async (HttpContext context) =>
            {
                for (var sent = 0; sent < Large; sent += BlockBytes)
                {
                    await context.Response.Body.WriteAsync(Block(sent), context.RequestAborted);
                }
            });
            app.MapGet("/v1/held", async (HttpContext context) =>
            {
                Interlocked.Increment(ref _held);
                await _release.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (context.RequestAborted.IsCancellationRequested)
                {
                    _left.TrySetResult();
                }

                return "held";
            });
        });
        _gateway = await GatewayProcess.StartAsync([_hub], "--RateLimiting:RequestsPerMinute=1000000");
    }

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await Fixtures.DisposeAllAsync(_gateway, _hub);
        _deadline.Dispose();
    }

    [Theory]
    [InlineData("GET", null, HttpStatusCode.OK, "said")]
    [InlineData("HEAD", null, HttpStatusCode.OK, "")]
    [InlineData("GET", "\"1\"", HttpStatusCode.NotModified, "")]
    public async Task Headers_status_and_body_are_the_hubs(string method, string? known, HttpStatusCode expected, string body)
    {
        using var answer = await _gateway.SendAsync(
            new HttpMethod(method),
            "/v1/said?a=1%2B2&b=%C3%A4",
            GatewayProcess.AdminKey,
            [("X-Said", "one"), ("X-Forwarded-For", "6.6.6.6"), .. known is null ? Array.Empty<(string, string)>() : [("If-None-Match", known)]]);
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(body, await answer.Content.ReadAsStringAsync());
        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        Assert.Equal(["<a>", "<b>"], answer.Headers.GetValues("Link"));
        Assert.Equal([$"?a=1%2B2&b=%C3%A4|one||127.0.0.1:{_hub.Port}"], answer.Headers.GetValues("X-Heard"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Text_that_is_not_ASCII_reaches_the_hub(string method)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _gateway.Port, _deadline.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes($"{method} /v1/said HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.AdminKey}\r\nX-Said: \u00e4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            _deadline.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(_deadline.Token);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("X-Heard: |%C3%A4|", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_large_answer_arrives_whole_at_callers_who_take_their_time_and_makes_nobody_else_wait()
    {
        var slow = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => OpenAsync("/v1/large")));
        using (var other = await _gateway.GetAsync("/v1/said", GatewayProcess.AdminKey)) // while nobody takes theirs
        {
            Assert.Equal("said", await other.Content.ReadAsStringAsync());
        }

        foreach (var answer in slow)
        {
            await using var body = await answer.Content.ReadAsStreamAsync(_deadline.Token);
            var block = new byte[BlockBytes];
            for (var at = 0; at < Large; at += block.Length)
            {
                await body.ReadExactlyAsync(block, _deadline.Token);
                Assert.True(block.AsSpan().SequenceEqual(Block(at)), $"the block at {at} is another");
            }

            Assert.Equal(0, await body.ReadAsync(block, _deadline.Token));
            answer.Dispose();
        }
    }

    [Fact]
    public async Task The_hub_hears_that_a_caller_has_left()
    {
        using var leaves = new CancellationTokenSource();
        var asked = _gateway.Admin.GetAsync(new Uri("/v1/held", UriKind.Relative), leaves.Token);
        await Eventually.TrueAsync(() => Task.FromResult(_held == 1));
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await _left.Task.WaitAsync(_deadline.Token);
    }

    [Fact]
    public async Task More_requests_than_a_connection_takes_are_all_answered()
    {
        var asked = Enumerable.Range(0, Many).Select(_ => _gateway.GetAsync("/v1/held", GatewayProcess.AdminKey)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_held == Many));
        _release.SetResult();
        foreach (var answer in await Task.WhenAll(asked))
        {
            Assert.Equal("held", await answer.Content.ReadAsStringAsync());
            answer.Dispose();
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Add("X-API-Key", GatewayProcess.AdminKey);
        return await _gateway.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _deadline.Token);
    }

    private static byte[] Block(int at)
    {
        var block = new byte[BlockBytes];
        for (var i = 0; i < block.Length; i += sizeof(int))
        {
            BitConverter.TryWriteBytes(block.AsSpan(i), at + i);
        }

        return block;
    }
}
