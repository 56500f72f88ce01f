using System.Diagnostics;
using System.Net;
using StoryPortal.Tests.Events;
using StoryPortal.Tests.Faults.Matrix;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults;

/// <summary>A process that is told to stop hands over: it says that it is not ready, serves whoever comes all the same, and ends within ten seconds with everything done that it took on.</summary>
[Collection(SharedFaultySystem.Name)]
public sealed class ShutdownTests(FaultySystem faulty)
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(10);

    private readonly StoryPortalSystem _system = faulty.System;

    [Fact]
    public async Task A_hub_that_stops_under_load_fails_no_request_and_ends_its_streams_and_watches()
    {
        await WellAsync();
        using var hub = _system.CreateHubClient("service-hub-2");
        var type = $"shutdown-{Guid.NewGuid():N}";
        using var stream = await EventStreamReader.OpenAsync(hub, $"?type={type}");
        using var posted = await _system.Gateway.PostAsync(Relative("/v1/events"), Answers.Json($$$"""{"type": "{{{type}}}", "payload": {"key": "the first"} }"""));
        var seen = (await posted.JsonAsync(HttpStatusCode.Created)).Id();
        Assert.Equal([seen], await stream.IdsAsync(1));
        var watching = hub.GetAsync(Relative($"/v1/services/watch?index={await IndexAsync(hub)}"));

        await using (var load = await SteadyLoad.StartAsync(faulty.Client, type))
        {
            var processes = _system.Service("service-hub-2");
            var told = Stopwatch.StartNew();
            var at = Stopwatch.GetTimestamp();
            await Signals.SendAsync("TERM", processes);
            await Eventually.TrueAsync(async () =>
            {
                using var ready = await hub.GetAsync(Relative("/health/ready"));
                return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
            });
            using (var served = await hub.GetAsync(Relative("/v1/models")))
            {
                Assert.Equal(HttpStatusCode.OK, served.StatusCode);
            }

            await Victims.GoneAsync(processes);
            var gone = told.Elapsed;
            Assert.InRange(gone, TimeSpan.Zero, InTime);
            await load.FlowsAsync();
            var findings = await load.StopAsync(_system.Database);
            Assert.Empty(findings);
            var failed = string.Join('\n', load.Requests.Where(request => request.Failed).Select(request =>
                $"sent {Stopwatch.GetElapsedTime(at, request.At).TotalSeconds:0.00} s after the signal, failed {Stopwatch.GetElapsedTime(at, request.Answered).TotalSeconds:0.00} s after it, gone after {gone.TotalSeconds:0.00} s: {request.Failure}"));
            Assert.True(failed.Length == 0, failed);
        }

        // What the load stored under the same type comes before it.
        Assert.Equal("stream.end", await EndAsync(stream));
        using var answer = await watching;
        await answer.JsonAsync();
        await _system.RestartAsync("service-hub-2");
    }

    [Fact]
    public async Task A_gateway_that_stops_under_load_answers_everything_that_it_took_on_and_logs_it()
    {
        await WellAsync();
        using var client = new HttpClient { BaseAddress = _system.OwnAddress("gateway") };
        client.DefaultRequestHeaders.Add("X-API-Key", StoryPortalSystem.AdminKey);
        var type = $"shutdown-{Guid.NewGuid():N}";
        using var stream = await EventStreamReader.OpenAsync(client, $"?type={type}");
        using var posted = await client.PostAsync(Relative("/v1/events"), Answers.Json($$"""{"type": "{{type}}"}"""));
        var seen = (await posted.JsonAsync(HttpStatusCode.Created)).Id();
        var watching = client.GetAsync(Relative($"/v1/services/watch?index={await IndexAsync(client)}"));

        await using (var load = await SteadyLoad.StartAsync(client, $"shutdown-{Guid.NewGuid():N}"))
        {
            var processes = _system.Service("gateway");
            var told = Stopwatch.StartNew();
            await Signals.SendAsync("TERM", processes);
            await Victims.GoneAsync(processes);
            Assert.InRange(told.Elapsed, TimeSpan.Zero, InTime);
            Assert.Empty(await load.StopAsync(_system.Database));

            // A request that fails was not accepted: its connection was refused, reset, or closed while it was idle (RFC 9112, section 9.3.1). The log below has
            // every request that the gateway accepted, and none of these.
            Assert.All(load.Requests.Where(request => request.Failed), request => Assert.Matches(@"Connection (refused|reset)|\(ResponseEnded\)", request.Failure));
            var own = load.Requests.Where(request => request.Path.StartsWith("/v1/agents/", StringComparison.Ordinal)).ToList();
            Assert.Equal(own.Where(request => !request.Failed).CountBy(request => request.Path).ToDictionary(), await LoggedAsync([.. own.Select(request => request.Path).Distinct()]));
        }

        Assert.Equal([seen], await stream.IdsAsync(1));
        var end = await stream.NextAsync();
        Assert.Equal(("stream.end", $$"""{"last_event_id":"{{seen}}"}"""), (end?.Event, end?.Data));
        Assert.Null(await stream.NextAsync());

        // A watch has an answer at any time.
        using var answer = await watching;
        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]);
        await _system.RestartAsync("gateway");
    }

    [Fact]
    public async Task A_worker_that_stops_under_load_leaves_the_registry_and_is_missed_by_nobody()
    {
        await WellAsync();
        await using (var load = await SteadyLoad.StartAsync(faulty.Client, $"shutdown-{Guid.NewGuid():N}"))
        {
            var processes = _system.Service("data-layer");
            var told = Stopwatch.StartNew();
            await Signals.SendAsync("TERM", processes);
            await Victims.GoneAsync(processes);
            Assert.InRange(told.Elapsed, TimeSpan.Zero, InTime);
            using (var left = await _system.Gateway.GetAsync(Relative("/v1/services/data-layer")))
            {
                Assert.Equal(HttpStatusCode.NotFound, left.StatusCode);
            }

            Assert.Empty(await load.StopAsync(_system.Database));
            Assert.DoesNotContain(load.Requests, request => request.Failed);
        }

        await _system.RestartAsync("data-layer");
    }

    // What a test that failed has stopped is started first: the others do not fail for it.
    private async Task WellAsync()
    {
        foreach (var name in (string[])["data-layer", "service-hub", "service-hub-2", "gateway"])
        {
            if (_system.Service(name).Length == 0)
            {
                await _system.RestartAsync(name);
            }
        }

        await Victim.All[0].IsWellAsync(faulty);
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private static async Task<long> IndexAsync(HttpClient client)
    {
        using var response = await client.GetAsync(Relative("/v1/services/watch?wait=0"));
        return (await response.JsonAsync()).GetProperty("index").GetInt64();
    }

    private static async Task<string?> EndAsync(EventStreamReader stream)
    {
        string? last = null;
        while (await stream.NextAsync() is { } message)
        {
            last = message.Event;
        }

        return last;
    }

    private async Task<Dictionary<string, int>> LoggedAsync(string[] paths)
    {
        await using var command = _system.Database.CreateCommand("SELECT path, count(*)::int FROM mcp_documents.api_requests WHERE path = ANY($1) GROUP BY path");
        command.Parameters.Add(new() { Value = paths });
        await using var reader = await command.ExecuteReaderAsync();
        var logged = new Dictionary<string, int>();
        while (await reader.ReadAsync())
        {
            logged.Add(reader.GetString(0), reader.GetInt32(1));
        }

        return logged;
    }
}
