using System.Net;
using System.Net.Http.Headers;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>What a test cannot share a gateway for: it ends it, takes its key store away, or uses up what an address may ask.</summary>
public sealed class OwnDoorTests : IAsyncLifetime
{
    private readonly Door _door = new(requestsPerMinutePerAddress: 60);

    public Task InitializeAsync() => _door.InitializeAsync();

    public Task DisposeAsync() => _door.DisposeAsync();

    [Fact]
    public async Task A_key_that_was_never_seen_cannot_be_judged_while_the_store_is_away_and_a_known_one_is_let_in()
    {
        await Eventually.TrueAsync(async () =>
        {
            using var before = await _door.Gateway.GetAsync("/v1/size/10", _door.Reader);
            return before.StatusCode == HttpStatusCode.OK; // 503 where the first lookup takes too long
        });
        _door.Hub.KnowsKeys = false;

        using var known = await _door.Gateway.GetAsync("/v1/size/10", _door.Reader);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        using var unknown = await _door.Gateway.GetAsync("/v1/size/10", ApiKeyFormat.Create());
        await unknown.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(unknown.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_stream_passes_as_it_comes_and_ends_in_order_when_the_gateway_does()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events/stream");
        request.Headers.Add("X-API-Key", _door.Reader);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));
        using var response = await _door.Gateway.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(deadline.Token));
        foreach (var line in (string[])["data: one", "", $"id: {Door.Second}", "data: two"])
        {
            Assert.Equal(line, await reader.ReadLineAsync(deadline.Token));
        }

        // Of the third the gateway has only half.
        await _door.Gateway.TerminateAsync();
        Assert.Equal($$"""

            event: stream.end
            data: {"last_event_id":"{{Door.Second}}"}


            """, await reader.ReadToEndAsync(deadline.Token));
        await _door.Gateway.WaitForExitAsync(deadline.Token);
    }

    [Fact]
    public async Task Whoever_tries_keys_is_limited_by_address_and_health_is_not()
    {
        await Eventually.TrueAsync(async () =>
        {
            using var guess = await _door.Gateway.GetAsync("/v1/size/10", ApiKeyFormat.Create());
            return guess.StatusCode == HttpStatusCode.TooManyRequests;
        });

        using var health = await _door.Gateway.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}
