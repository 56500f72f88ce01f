using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Maintenance;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Maintenance;

/// <summary>An operator's view of the jobs: the API, the dashboard's commands, metrics and health.</summary>
[Collection(SharedSystem.Name)]
public sealed class JobEndpointTests(StoryPortalSystem system)
{
    private static readonly string[] Names = ["autovacuum-settings", "index-report", "performance-baseline", "performance-report", "retention", "vacuum"];

    [Fact]
    public async Task Every_job_is_listed_with_its_schedule()
    {
        var jobs = await JobsAsync();
        Assert.Equal(Names, jobs.Select(job => job.GetProperty("name").GetString()));
        Assert.Equal("quietest", jobs[^1].GetProperty("schedule").GetString());
        var scheduled = jobs.Where(job => job.GetProperty("schedule").GetString() != "off");
        Assert.All(scheduled, job => Assert.NotEqual(default, job.GetProperty("next_run_at").GetDateTimeOffset()));
    }

    [Theory]
    [InlineData("vacuum")]
    [InlineData("retention")]
    [InlineData("autovacuum-settings")]
    [InlineData("index-report")]
    [InlineData("performance-baseline")]
    [InlineData("performance-report")]
    public async Task A_command_of_the_dashboard_runs_a_job_now(string name)
    {
        var asked = DateTimeOffset.UtcNow.AddTicks(-10); // Postgres keeps microseconds
        var hub = system.App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == "service-hub");
        var result = await system.App.ResourceCommands.ExecuteCommandAsync(hub, $"run-{name}");
        Assert.True(result.Success, result.Message);

        JsonElement job = default;
        await Eventually.TrueAsync(async () =>
        {
            job = await JobAsync(name);
            return job.GetProperty("last_run") is { ValueKind: JsonValueKind.Object } run && run.GetProperty("started_at").GetDateTimeOffset() >= asked;
        });
        Assert.Equal("succeeded", job.GetProperty("last_run").GetProperty("outcome").GetString());
        Assert.Equal(JsonValueKind.Object, job.GetProperty("last_run").GetProperty("result").ValueKind);

        using var worker = system.App.CreateHttpClient("data-layer", "http");
        await Eventually.TrueAsync(async () =>
        {
            var metrics = await worker.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            return metrics.Split('\n').Any(line => Tells(line, "maintenance_job_duration_seconds_count", name))
                && metrics.Split('\n').Any(line => Tells(line, "maintenance_job_last_success_timestamp_seconds", name));
        });
        var health = JsonElement.Parse(await worker.GetStringAsync(new Uri("/health", UriKind.Relative)));
        Assert.Equal("healthy", health.GetProperty("checks").GetProperty($"job:{name}").GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_request_is_answered_with_where_to_look()
    {
        using var response = await RunAsync("index-report");
        var job = await response.JsonAsync(HttpStatusCode.Accepted);
        Assert.Equal("/v1/admin/jobs/index-report", response.Headers.Location?.OriginalString);
        Assert.Equal("index-report", job.GetProperty("name").GetString());
        await Eventually.TrueAsync(async () => await JobAsync("index-report") is var now
            && now.GetProperty("requested_at").ValueKind == JsonValueKind.Null && now.GetProperty("running_since").ValueKind == JsonValueKind.Null);
    }

    [Fact]
    public async Task A_job_that_is_running_is_a_conflict()
    {
        // As a worker that is at it would leave it.
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var store = new JobStore(new StoryDatabase(system.Database, new DatabaseOptions(), services.GetRequiredService<IMeterFactory>()));
        var key = JobStore.LockKey((await store.ListAsync(CancellationToken.None)).Single(job => job.Name == "autovacuum-settings"));
        await using (await AdvisoryLock.AcquireAsync(new DirectConnection(system.ConnectionString), key, TimeProvider.System, CancellationToken.None))
        {
            await using var begin = system.Database.CreateCommand(
                "UPDATE mcp_documents.maintenance_jobs SET running_since = now() WHERE name = 'autovacuum-settings'");
            await begin.ExecuteNonQueryAsync();
            using var refused = await RunAsync("autovacuum-settings");
            await refused.ProblemAsync(HttpStatusCode.Conflict);
            Assert.NotEqual(JsonValueKind.Null, (await JobAsync("autovacuum-settings")).GetProperty("running_since").ValueKind);
        }

        Assert.Equal(JsonValueKind.Null, (await JobAsync("autovacuum-settings")).GetProperty("running_since").ValueKind);
    }

    [Theory]
    [InlineData("GET", "unknown")]
    [InlineData("POST", "unknown/run")]
    public async Task An_unknown_job_is_answered_with_those_there_are(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v1/admin/jobs/{path}");
        using var response = await system.Gateway.SendAsync(request);
        var problem = await response.JsonAsync(HttpStatusCode.NotFound);
        Assert.All(Names, name => Assert.Contains(name, problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_no_job_can_have_is_refused()
    {
        using var response = await RunAsync(new string('a', 101));
        Assert.Equal(["name"], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Only_an_operator_may_look_or_run()
    {
        using var list = await system.Hub.GetAsync(new Uri("/v1/admin/jobs", UriKind.Relative));
        await list.ProblemAsync(HttpStatusCode.Unauthorized);
        using var run = await system.Hub.PostAsync(new Uri("/v1/admin/jobs/vacuum/run", UriKind.Relative), null);
        await run.ProblemAsync(HttpStatusCode.Unauthorized);
    }

    private static bool Tells(string line, string metric, string job) =>
        line.StartsWith(metric + "{", StringComparison.Ordinal) && line.Contains($"job=\"{job}\"", StringComparison.Ordinal);

    private Task<HttpResponseMessage> RunAsync(string name) => system.Gateway.PostAsync(new Uri($"/v1/admin/jobs/{name}/run", UriKind.Relative), null);

    private async Task<List<JsonElement>> JobsAsync()
    {
        using var response = await system.Gateway.GetAsync(new Uri("/v1/admin/jobs", UriKind.Relative));
        return [.. (await response.JsonAsync()).EnumerateArray()];
    }

    private async Task<JsonElement> JobAsync(string name)
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/admin/jobs/{name}", UriKind.Relative));
        return await response.JsonAsync();
    }
}
