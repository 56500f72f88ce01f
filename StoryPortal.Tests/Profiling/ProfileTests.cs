using System.Diagnostics;
using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Profiling;

/// <summary>Profiling the processes of a running system.</summary>
[Collection(SharedSystem.Name)]
public sealed class ProfileTests(StoryPortalSystem system)
{
    private const int Callers = 4;

    // Of what waits, whatever it is called.
    private static readonly string[] Waits = [".Wait", "Sleep", "PollGC", "Thread.Join", "TimerThread", "TryReadEvent"];

    [Theory]
    [InlineData("service-hub", "StoryPortal.ServiceHub.")]
    [InlineData("gateway", "StoryPortal.Gateway.")]
    public async Task Under_load_the_profile_shows_the_product_at_work_and_nothing_that_waits(string service, string product)
    {
        using var load = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(load.Token)).ToArray();
        var profile = await ProfileAsync($"service={service}&seconds=3");
        await load.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Equal(service, profile.GetProperty("service").GetString());
        Assert.InRange(profile.GetProperty("seconds").GetDouble(), 3, 60);
        Assert.InRange(profile.GetProperty("interval_ms").GetDouble(), 0.5, 1000);
        Assert.True(profile.GetProperty("cpu_seconds").GetDouble() > 0);
        var samples = profile.GetProperty("samples");
        var running = samples.GetProperty("running").GetInt64();
        Assert.Equal(samples.GetProperty("all").GetInt64(), running + samples.GetProperty("waiting").GetInt64() + samples.GetProperty("profiler").GetInt64());

        var methods = profile.GetProperty("methods").EnumerateArray().ToList();
        Assert.InRange(methods.Count, 5, 20);
        Assert.Equal(methods.OrderByDescending(Samples).Select(Samples), methods.Select(Samples));
        Assert.All(methods, method =>
        {
            Assert.DoesNotContain(Waits, wait => Name(method).Split('(')[0].Contains(wait, StringComparison.Ordinal));
            Assert.NotEqual("?", Name(method));
            Assert.InRange(method.GetProperty("native_samples").GetInt64(), 0, Samples(method));
            Assert.Equal(100.0 * Samples(method) / running, method.GetProperty("percent").GetDouble(), 0.01);
        });
        Assert.Contains(methods, method => Name(method).StartsWith("System.", StringComparison.Ordinal) || Name(method).StartsWith("Microsoft.", StringComparison.Ordinal));

        var file = await FileAsync(system.Gateway, profile);
        Assert.Equal((running, samples.GetProperty("waiting").GetInt64()), (file.Weight(0), file.Weight(1)));
        Assert.Contains(file.Stacks(0), stack => stack.Stack.Any(frame => frame.StartsWith(product, StringComparison.Ordinal)));
        var leaves = file.Stacks(0).GroupBy(stack => stack.Stack[^1]).ToDictionary(stacks => stacks.Key, stacks => stacks.Sum(stack => stack.Weight));
        Assert.All(methods, method => Assert.Equal(Samples(method), leaves[Name(method)]));
    }

    [Fact]
    public async Task The_worker_is_profiled_as_well_and_the_file_can_be_had_at_once()
    {
        var profile = await ProfileAsync("service=data-layer&seconds=1");
        Assert.Equal("data-layer", profile.GetProperty("service").GetString());
        Assert.True(profile.GetProperty("samples").GetProperty("waiting").GetInt64() > 0); // it idles

        using var response = await AskAsync(system.Gateway, "service=data-layer&seconds=1&format=speedscope");
        Assert.True(SpeedscopeDocument.Of(await response.JsonAsync()).Weight(1) > 0);
        Assert.EndsWith(".speedscope.json", response.Content.Headers.ContentDisposition?.FileName, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("service-hub")]
    [InlineData("gateway")]
    public async Task One_at_a_time_and_whoever_leaves_ends_it(string service)
    {
        var begun = 0L;
        using var leaves = new CancellationTokenSource();
        Task<HttpResponseMessage>? first = null;
        await Eventually.TrueAsync(async () =>
        {
            if (first is null or { IsCompleted: true }) // the second was sooner
            {
                begun = Stopwatch.GetTimestamp();
                first = AskAsync(system.Gateway, $"service={service}&seconds=60", cancellationToken: leaves.Token);
            }

            using var second = await AskAsync(system.Gateway, $"service={service}&seconds=1");
            if (second.StatusCode == HttpStatusCode.OK)
            {
                return false;
            }

            await second.ProblemAsync(HttpStatusCode.Conflict);
            return true;
        });

        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first!);
        await Eventually.TrueAsync(async () =>
        {
            using var next = await AskAsync(system.Gateway, $"service={service}&seconds=1");
            return next.StatusCode == HttpStatusCode.OK;
        });
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(60), "The first was not ended: its time was over.");
    }

    [Theory]
    [InlineData("seconds=1", "service")]
    [InlineData("service=gateway&seconds=0", "seconds")]
    [InlineData("service=gateway&seconds=61", "seconds")]
    [InlineData("service=gateway&seconds=many", "seconds")]
    [InlineData("service=gateway&format=pdf", "format")]
    public async Task What_means_nothing_is_refused_by_name(string query, string field)
    {
        using var response = await AskAsync(system.Gateway, query);
        Assert.Equal([field], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("service=postgres", "data-layer, gateway, service-hub")]
    [InlineData("service=gateway&instance=nobody", "There are: ")]
    public async Task What_is_not_there_is_answered_with_what_there_is(string query, string expected)
    {
        using var response = await AskAsync(system.Gateway, query);
        Assert.Contains(expected, (await response.JsonAsync(HttpStatusCode.NotFound)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_that_cannot_be_heard_is_unavailable()
    {
        await RunAsync("INSERT INTO mcp_documents.service_instances (service_name, id, url) VALUES ('data-layer', 'mute', 'http://mute.example')");
        try
        {
            using var response = await AskAsync(system.Gateway, "service=data-layer&instance=mute&seconds=1");
            await response.ProblemAsync(HttpStatusCode.ServiceUnavailable);
            Assert.NotNull(response.Headers.RetryAfter?.Delta);
        }
        finally
        {
            await RunAsync("DELETE FROM mcp_documents.service_instances WHERE id = 'mute'");
        }
    }

    [Fact]
    public async Task A_profile_that_is_not_kept_is_not_found()
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/admin/profile/{Guid.NewGuid()}", UriKind.Relative));
        await response.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task It_leaves_an_event_and_is_kept_out_of_batches()
    {
        var begun = DateTimeOffset.UtcNow;
        await ProfileAsync("service=gateway&seconds=1");
        using var events = await system.Gateway.GetAsync(new Uri($"/v1/events?type=admin.profile&from={Uri.EscapeDataString(begun.ToString("O"))}", UriKind.Relative));
        var payload = (await events.JsonAsync())[0].GetProperty("payload");
        Assert.StartsWith("gateway ", payload.GetProperty("subject").GetString(), StringComparison.Ordinal);

        using var batch = await system.Gateway.PostAsync(new Uri("/v1/batch", UriKind.Relative), Answers.Json("""[{"method": "POST", "path": "/v1/admin/profile?service=gateway"}]"""));
        Assert.Equal(400, (await batch.JsonAsync()).GetProperty("results")[0].GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Only_an_operator_may_profile()
    {
        using var anonymous = await system.Anonymous.PostAsync(new Uri("/v1/admin/profile?service=gateway", UriKind.Relative), null);
        await anonymous.ProblemAsync(HttpStatusCode.Unauthorized);

        using var made = await system.Gateway.PostAsync(new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json("""{"name": "writer", "scopes": ["read", "write"]}"""));
        var writer = (await made.JsonAsync(HttpStatusCode.Created)).GetProperty("key").GetString();
        foreach (var door in (HttpClient[])[system.Anonymous, system.Hub])
        {
            using var refused = await AskAsync(door, "service=gateway", key: writer);
            await refused.ProblemAsync(HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public Task Each_process_has_a_command_in_the_dashboard() =>
        Task.WhenAll(((string[])["gateway", "service-hub", "data-layer"]).Select(resource => system.RunAsync(resource, "profile")));

    private static string Name(JsonElement method) => method.GetProperty("method").GetString()!;

    private static long Samples(JsonElement method) => method.GetProperty("samples").GetInt64();

    // Reads and writes, over and over: what the hub does for them has to be found.
    private async Task CallAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using var write = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json("""{"type": "profiled", "payload": {"words": [1, 2, 3]}}"""), CancellationToken.None);
            using var read = await system.Gateway.GetAsync(new Uri("/v1/events?type=profiled&limit=100", UriKind.Relative), CancellationToken.None);
        }
    }

    private async Task<JsonElement> ProfileAsync(string query)
    {
        using var response = await AskAsync(system.Gateway, query);
        return await response.JsonAsync();
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string query, string? key = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/v1/admin/profile?{query}", UriKind.Relative));
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        return await client.SendAsync(request, cancellationToken);
    }

    private static async Task<SpeedscopeDocument> FileAsync(HttpClient client, JsonElement profile)
    {
        using var response = await client.GetAsync(new Uri(profile.GetProperty("speedscope").GetProperty("url").GetString()!, UriKind.Relative));
        return SpeedscopeDocument.Of(await response.JsonAsync());
    }

    private async Task RunAsync(string sql)
    {
        await using var command = system.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
