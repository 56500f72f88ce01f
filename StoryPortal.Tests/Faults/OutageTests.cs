using System.Diagnostics;
using System.Net;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults;

/// <summary>Postgres away for long, or frozen, more closely than in the matrix of faults.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class OutageTests(TwoHubs two)
{
    private static readonly Uri Agents = new("/v1/agents", UriKind.Relative);

    private readonly StoryPortalSystem _system = two.System;

    [Fact]
    [Trait("Category", "Long")]
    public async Task While_postgres_is_away_for_half_a_minute_every_write_is_refused_in_time_and_the_service_resumes_by_itself()
    {
        await _system.RunAsync("postgres", KnownResourceCommands.StopCommand);
        var away = Stopwatch.StartNew();
        while (away.Elapsed < TimeSpan.FromSeconds(30))
        {
            var asked = Stopwatch.StartNew();
            using var refused = await _system.Gateway.PostAsync(Agents, Answers.Json("""{"name": "Bob", "type": "outage"}"""));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.InRange(asked.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        }

        await _system.RunAsync("postgres", KnownResourceCommands.StartCommand);
        await _system.DatabaseAnswersAsync();
        var back = Stopwatch.StartNew();
        await Eventually.TrueAsync(async () =>
        {
            using var written = await _system.Gateway.PostAsync(Agents, Answers.Json("""{"name": "Ada", "type": "outage"}"""));
            return written.StatusCode == HttpStatusCode.Created;
        });
        Assert.InRange(back.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_frozen_postgres_hangs_nobody_and_writes_go_on_when_it_thaws()
    {
        await WriteAsync(HttpStatusCode.Created); // a connection and a prepared statement are there
        var processes = await _system.PostgresAsync();
        await Signals.SendAsync("STOP", processes);
        try
        {
            var refused = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => WriteAsync(HttpStatusCode.ServiceUnavailable)));
            Assert.All(refused, retryAfter => Assert.NotNull(retryAfter));
            using var batch = await _system.Gateway.PostAsync(new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson("""{"type": "frozen"}"""));
            await batch.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            using var read = await _system.Gateway.GetAsync(new Uri("/v1/events?type=frozen", UriKind.Relative));
            await read.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            await Signals.SendAsync("CONT", processes);
        }

        await HealthIsAsync("healthy");
        await Eventually.TrueAsync(async () =>
        {
            using var written = await PostAsync();
            return written.StatusCode == HttpStatusCode.Created;
        });

        async Task<TimeSpan?> WriteAsync(HttpStatusCode expected)
        {
            using var response = await PostAsync();
            Assert.Equal(expected, response.StatusCode);
            return response.Headers.RetryAfter?.Delta;
        }

        Task<HttpResponseMessage> PostAsync() => _system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "frozen"}"""));
    }

    // 200 throughout: a probe that took the hubs out would take their cached reads out with them.
    private Task HealthIsAsync(string status) => Eventually.TrueAsync(async () =>
    {
        using var response = await _system.Hub.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return (await response.JsonAsync()).GetProperty("status").GetString() == status;
    });
}
