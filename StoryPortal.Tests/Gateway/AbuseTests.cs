using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Gateway;

/// <summary>Callers that mean no good, or too much of it: who asks beside them is served.</summary>
public sealed class AbuseTests : IAsyncLifetime
{
    private const long MostMemory = 1024L * 1024 * 1024;
    private const int Requests = AbusedGateway.Requests;
    private const int Streams = 1000;

    private AbusedGateway _abused = null!;

    private GatewayProcess Gateway => _abused.Process;

    public async Task InitializeAsync() => _abused = await AbusedGateway.StartAsync();

    public async Task DisposeAsync() => await _abused.DisposeAsync();

    [Fact]
    public Task Headers_that_never_end_are_cut_off() => BesideProbesAsync(_abused.SlowHeadersAsync);

    [Fact]
    public async Task A_body_that_is_left_in_the_middle_costs_nobody_anything_and_no_hub_hears_of_it()
    {
        await BesideProbesAsync(_abused.LeftBodiesAsync);
        await Eventually.TrueAsync(async () => await Gateway.MetricAsync("concurrent_requests") == 0);
        Assert.Equal(0, _abused.Batches);
    }

    [Fact]
    public Task A_thousand_idle_connections_cost_next_to_nothing() => BesideProbesAsync(() => _abused.IdleConnectionsAsync(1000));

    [Fact]
    public Task A_header_of_64_KB_is_refused() => BesideProbesAsync(_abused.LargeHeadersAsync);

    [Fact]
    public async Task Streams_that_are_opened_and_reset_at_once_stop_nobody()
    {
        await BesideProbesAsync(_abused.RapidResetAsync);
        await Eventually.TrueAsync(async () => await Gateway.MetricAsync("concurrent_requests") == 0);
    }

    [Fact]
    public async Task More_than_can_be_served_is_told_to_come_again_and_what_was_taken_on_is_answered()
    {
        var requests = Enumerable.Range(0, Requests * 2).Select(_ => Gateway.GetAsync("/v1/held", GatewayProcess.AdminKey)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_abused.Held == Requests && requests.Count(request => request.IsCompleted) == Requests));
        using var health = await Gateway.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        _abused.Release();
        var answers = await Task.WhenAll(requests);
        Assert.Equal(Requests, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.All(answers.Where(answer => answer.StatusCode != HttpStatusCode.OK), answer =>
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
        });
        Array.ForEach(answers, answer => answer.Dispose());
        await ProbeAsync();
        Assert.InRange(Gateway.Memory, 0, MostMemory);
    }

    [Fact]
    public async Task A_thousand_open_streams_and_watches_leave_room_for_a_thousand_requests()
    {
        using var client = new HttpClient { BaseAddress = Gateway.Anonymous.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", GatewayProcess.AdminKey);
        using var ends = new CancellationTokenSource();
        var watches = Enumerable.Range(0, Streams / 2).Select(_ => client.GetAsync(new Uri("/v1/services/watch?index=1", UriKind.Relative), ends.Token)).ToList();
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams / 2).Select(_ =>
            client.GetAsync(new Uri("/v1/events/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, _abused.Deadline)));
        Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.StatusCode));
        await Eventually.TrueAsync(async () => await Gateway.MetricAsync("open_streams") == Streams);

        var requests = Enumerable.Range(0, Requests).Select(_ => Gateway.GetAsync("/v1/held", GatewayProcess.AdminKey)).ToList();
        await Eventually.TrueAsync(() => Task.FromResult(_abused.Held == Requests));
        _abused.Release();
        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));

        Assert.DoesNotContain(watches, watch => watch.IsCompleted);
        await ends.CancelAsync();
        Array.ForEach(streams, stream => stream.Dispose());
        foreach (var watch in watches)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
        }

        await Eventually.TrueAsync(async () => await Gateway.MetricAsync("open_streams") == 0);
    }

    private async Task ProbeAsync()
    {
        using var response = await Gateway.GetAsync("/v1/probe", GatewayProcess.AdminKey).WaitAsync(_abused.Deadline);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task BesideProbesAsync(Func<Task> abuse)
    {
        await using var prober = Prober.Start(Gateway);
        await prober.AnsweredAsync(1);
        await abuse();
        await prober.AnsweredAsync(2);
        Assert.InRange(Gateway.Memory, 0, MostMemory);
    }
}
