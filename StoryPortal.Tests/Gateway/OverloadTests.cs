using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using StoryPortal.Tests.Running;
using Xunit.Abstractions;

namespace StoryPortal.Tests.Gateway;

/// <summary>Ten times more load than the hub behind the gateway can serve, from callers who ask again a moment after they were refused.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class OverloadTests(ITestOutputHelper output) : IAsyncLifetime
{
    // The hub works on so many requests at a time, for so long each: four hundred a second.
    private const int Turns = 8;
    private const int Callers = 600;

    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Joining = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly Uri Address = new("/v1/work", UriKind.Relative);

    private readonly SemaphoreSlim _turns = new(Turns);
    private FakeHub _hub = null!;
    private GatewayProcess _gateway = null!;
    private int _accepted;
    private int _refused;

    public Task InitializeAsync() => StartAsync().OrDisposeAsync(this);

    public async Task DisposeAsync()
    {
        await Fixtures.DisposeAllAsync(_gateway, _hub);
        _turns.Dispose();
    }

    [Fact]
    public async Task What_cannot_be_served_is_told_so_and_afterwards_everything_is()
    {
        await using (Overload.Start(this))
        {
            await Eventually.TrueAsync(() => Task.FromResult(_accepted >= 1000 && _refused >= 1000));
        }

        await EverythingIsServedAsync(50);
        Assert.True(await _gateway.MetricAsync("requests_refused_total") >= _refused);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task For_half_a_minute_what_is_accepted_is_answered_in_time_and_two_seconds_later_all_is_well()
    {
        await EverythingIsServedAsync(100);
        long early, late;
        var elapsed = Stopwatch.StartNew();
        await using (Overload.Start(this))
        {
            await PassedAsync(10);
            early = _gateway.Memory;
            await PassedAsync(30);
            late = _gateway.Memory;
        }

        var seconds = elapsed.Elapsed.TotalSeconds;
        double[] accepted = Latencies();
        output.WriteLine(
            $"{accepted.Length / seconds:0} accepted and {_refused / seconds:0} refused a second; p95 {Percentile(0.95):0} ms, p99 {Percentile(0.99):0} ms; memory {early >> 20} MB, then {late >> 20} MB");
        Assert.True(_refused > 4 * accepted.Length, "That was no overload.");
        Assert.InRange(Percentile(0.95), 0, 300); // a read of one thing
        Assert.InRange(Percentile(0.99), 0, 1000);
        Assert.InRange(late, 0, early + (64 << 20));

        elapsed.Restart();
        await PassedAsync(2);
        var calm = DateTimeOffset.UtcNow;
        await EverythingIsServedAsync(100);
        await Eventually.TrueAsync(() => Task.FromResult(Latencies(calm).Length == 100)); // lines of before may still be on their way
        accepted = Latencies(calm);
        output.WriteLine($"two seconds later: p95 {Percentile(0.95):0} ms, of which the hub works {Work.TotalMilliseconds:0}");
        Assert.InRange(Percentile(0.95), 0, 2 * Work.TotalMilliseconds);

        double Percentile(double share) => accepted[(int)(share * (accepted.Length - 1))];

        Task PassedAsync(int seconds) => Eventually.TrueAsync(() => Task.FromResult(elapsed.Elapsed.TotalSeconds >= seconds));
    }

    // As the gateway measures them: the callers of this test are not alone in their process.
    private double[] Latencies(DateTimeOffset since = default) =>
        [.. _hub.Logged.Where(request => request is { Route: "/v1/{**rest}", StatusCode: 200 } && request.Timestamp >= since).Select(request => request.LatencyMs).Order()];

    private async Task StartAsync()
    {
        _hub = await FakeHub.StartAsync(app => app.MapGet("/v1/work", async () =>
        {
            await _turns.WaitAsync();
            await Task.Delay(Work);
            _turns.Release();
        }));
        _gateway = await GatewayProcess.StartAsync([_hub], "--RateLimiting:RequestsPerMinute=10000000");
    }

    private async Task EverythingIsServedAsync(int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            Assert.True(await AskAsync(_gateway.Admin));
        }
    }

    private async Task<bool> AskAsync(HttpClient client)
    {
        using var response = await client.GetAsync(Address);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            Interlocked.Increment(ref _accepted);
            return true;
        }

        Assert.True(response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests, $"{response.StatusCode}");
        Assert.NotNull(response.Headers.RetryAfter);
        Interlocked.Increment(ref _refused);
        return false;
    }

    private sealed class Overload : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task _callers;

        private Overload(OverloadTests test) => _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            await Task.Delay(caller * Joining, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (!_end.IsCancellationRequested)
            {
                if (!await test.AskAsync(test._gateway.Admin))
                {
                    await Task.Delay(Pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }));

        public static Overload Start(OverloadTests test) => new(test);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _callers;
            _end.Dispose();
        }
    }
}
