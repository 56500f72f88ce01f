using System.Diagnostics;
using System.Net;
using StoryPortal.Tests.Running;
using Xunit.Abstractions;

namespace StoryPortal.Tests.Faults;

/// <summary>One of two hubs is killed or frozen while callers read and write through the gateway.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class HubLossTests(TwoHubs two, ITestOutputHelper output)
{
    private const string Victim = "service-hub-2";
    private const int Callers = 16;

    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Hardly = TimeSpan.FromMinutes(1); // a machine that is busy with other tests

    private readonly StoryPortalSystem _system = two.System;
    private int _answered;
    private int _failed;
    private long _slowest;

    [Fact]
    public Task A_killed_hub_costs_hardly_a_request_and_is_used_again_once_it_is_back() => KillAsync(Hardly);

    [Fact]
    [Trait("Category", "Long")]
    public Task A_killed_hub_is_out_within_five_seconds() => KillAsync(InTime);

    [Fact]
    public Task What_a_frozen_hub_does_not_answer_the_other_one_does() => FreezeAsync(Hardly);

    [Fact]
    [Trait("Category", "Long")]
    public Task A_frozen_hub_is_out_within_five_seconds() => FreezeAsync(InTime);

    private async Task KillAsync(TimeSpan patience)
    {
        await IsHealthyAsync("2 of 2 hubs answer.");
        await using (var load = Load.Start(this, writes: true))
        {
            await AnsweredAsync(1000);
            var processes = _system.Service("StoryPortal.ServiceHub", Victim);
            Assert.NotEmpty(processes);
            var killed = Stopwatch.StartNew();
            await Signals.SendAsync("KILL", processes);
            await IsHealthyAsync("1 of 2 hubs answer.");
            var noticed = killed.Elapsed;
            await Victims.GoneAsync(processes);
            await AnsweredAsync(4000);
            output.WriteLine($"out after {noticed.TotalSeconds:0.0} s; {_failed} of {_answered + _failed} failed; the slowest took {_slowest} ms");
            Assert.InRange(noticed, TimeSpan.Zero, patience);
        }

        Assert.InRange(_failed, 0, _answered / 100);
        await _system.RestartAsync(Victim);
        await IsUsedAsync();
    }

    private async Task FreezeAsync(TimeSpan patience)
    {
        await IsHealthyAsync("2 of 2 hubs answer.");
        await using (var load = Load.Start(this, writes: false))
        {
            await AnsweredAsync(1000);
            var processes = _system.Service("StoryPortal.ServiceHub", Victim);
            Assert.NotEmpty(processes);
            var frozen = Stopwatch.StartNew();
            await Signals.SendAsync("STOP", processes);
            try
            {
                await IsHealthyAsync("1 of 2 hubs answer.");
                output.WriteLine($"out after {frozen.Elapsed.TotalSeconds:0.0} s");
                Assert.InRange(frozen.Elapsed, TimeSpan.Zero, patience);
                await AnsweredAsync(2000);
            }
            finally
            {
                await Signals.SendAsync("CONT", processes);
            }

            await IsHealthyAsync("2 of 2 hubs answer.");
        }

        output.WriteLine($"{_failed} of {_answered + _failed} failed; the slowest took {_slowest} ms");
        Assert.Equal(0, _failed); // who reads goes to the other one, once the frozen one has said nothing for five seconds
        Assert.InRange(_slowest, 0, 2 * (long)patience.TotalMilliseconds);
        await IsUsedAsync();
    }

    private Task AnsweredAsync(int more)
    {
        var enough = _answered + more;
        return Eventually.TrueAsync(() => Task.FromResult(_answered >= enough));
    }

    private Task IsHealthyAsync(string description) => Eventually.TrueAsync(async () =>
    {
        using var health = await _system.Gateway.GetAsync(new Uri("/health", UriKind.Relative));
        return (await health.JsonAsync()).GetProperty("checks").GetProperty("service-hub").GetProperty("description").GetString() == description;
    });

    // The gateway's requests for an agent reach it: its own counter of them moves.
    private async Task IsUsedAsync()
    {
        await IsHealthyAsync("2 of 2 hubs answer.");
        var before = await ServedAsync();
        await Eventually.TrueAsync(async () =>
        {
            using var response = await _system.Gateway.GetAsync(new Uri($"/v1/agents/{Guid.NewGuid()}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            return await ServedAsync() > before;
        });
    }

    private async Task<double> ServedAsync()
    {
        using var victim = _system.CreateHubClient(Victim);
        var metrics = await victim.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return metrics.Split('\n')
            .Where(line => line.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal) && line.Contains("\"/v1/agents/{id}\"", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task AskAsync(HttpMethod method)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(method == HttpMethod.Get ? "/v1/agents?type=hub-loss" : "/v1/events", UriKind.Relative));
            request.Content = method == HttpMethod.Get ? null : Answers.Json("""{"type": "hub-loss"}""");
            using var response = await _system.Gateway.SendAsync(request);
            Interlocked.Increment(ref response.IsSuccessStatusCode ? ref _answered : ref _failed);
        }
        catch (HttpRequestException)
        {
            Interlocked.Increment(ref _failed);
        }

        InterlockedMax(ref _slowest, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static void InterlockedMax(ref long highest, long value)
    {
        for (var seen = Volatile.Read(ref highest); value > seen; seen = Volatile.Read(ref highest))
        {
            Interlocked.CompareExchange(ref highest, value, seen);
        }
    }

    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task _callers;

        private Load(HubLossTests test, bool writes) => _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            while (!_end.IsCancellationRequested)
            {
                await test.AskAsync(writes && caller == 0 ? HttpMethod.Post : HttpMethod.Get);
            }
        })));

        public static Load Start(HubLossTests test, bool writes) => new(test, writes);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _callers;
            _end.Dispose();
        }
    }
}
