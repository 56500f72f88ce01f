using System.Net;
using Aspire.Hosting.Testing;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Caching;

/// <summary>What the worker and operators do with the cache.</summary>
[Collection(SharedSystem.Name)]
public sealed class CacheAdminTests(StoryPortalSystem system)
{
    private static readonly Uri Warm = new("/v1/admin/cache/warm", UriKind.Relative);
    private static readonly Uri Flush = new("/v1/admin/cache/flush", UriKind.Relative);

    [Fact]
    public async Task A_warmed_agent_is_found_in_redis_and_a_flushed_one_is_not()
    {
        using var created = await system.Gateway.PostAsync(
            new Uri("/v1/agents", UriKind.Relative), Answers.Json("""{"name": "Ada", "type": "cache-admin-test", "status": "active"}"""));
        var address = new Uri($"/v1/agents/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}", UriKind.Relative);

        using var warmed = await system.Gateway.PostAsync(Warm, null);
        var report = await warmed.JsonAsync();
        Assert.True(report.GetProperty("agents").GetInt32() >= 1);
        Assert.True(report.GetProperty("services").GetInt32() >= 1);
        Assert.True(report.GetProperty("duration_ms").GetDouble() > 0);
        Assert.Equal("HIT", await SourceAsync(address));

        using var flushed = await system.Gateway.PostAsync(Flush, null);
        Assert.True((await flushed.JsonAsync()).GetProperty("deleted").GetInt64() >= 1);
        Assert.Equal("MISS", await SourceAsync(address));
        await EventAsync("admin.warm_cache");
        await EventAsync("admin.flush_cache");
    }

    [Fact]
    public async Task The_latest_sessions_are_warmed_whether_they_are_active_or_not()
    {
        using var created = await system.Gateway.PostAsync(new Uri("/v1/sessions", UriKind.Relative), Answers.Json("""{"type": "cache-admin-test"}"""));
        var address = new Uri($"/v1/sessions/{(await created.JsonAsync(HttpStatusCode.Created)).Id()}", UriKind.Relative);
        using var ended = await system.Gateway.PostAsync(new Uri($"{address}/end", UriKind.Relative), null);
        await ended.JsonAsync();

        await Eventually.TrueAsync(async () => // unless another test flushes in between
        {
            using var flushed = await system.Gateway.PostAsync(Flush, null);
            using var warmed = await system.Gateway.PostAsync(Warm, null);
            Assert.True((await warmed.JsonAsync()).GetProperty("sessions").GetInt32() >= 1);
            return await SourceAsync(address) == "HIT";
        });
    }

    [Fact]
    public async Task The_list_of_services_is_warmed_too()
    {
        var list = new Uri("/v1/services", UriKind.Relative);
        await Eventually.TrueAsync(async () => // unless a service registers in between
        {
            using var flushed = await system.Gateway.PostAsync(Flush, null);
            await flushed.JsonAsync();
            using var cold = await system.Hub.GetAsync(list);
            using var again = await system.Gateway.PostAsync(Flush, null);
            using var warmed = await system.Gateway.PostAsync(Warm, null);
            Assert.Equal(1, (await warmed.JsonAsync()).GetProperty("service_lists").GetInt32());
            using var read = await system.Hub.GetAsync(list);
            Assert.Equal(await cold.Content.ReadAsStringAsync(), await read.Content.ReadAsStringAsync());
            return read.Headers.GetValues("X-Cache").Single() == "HIT";
        });
    }

    [Theory]
    [InlineData("warm-cache")]
    [InlineData("flush-cache")]
    public Task The_dashboard_has_a_command_for_it(string command) => system.RunAsync("service-hub", command);

    [Fact]
    public async Task Only_an_operator_may()
    {
        using var refused = await system.Anonymous.PostAsync(Flush, null);
        await refused.ProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_worker_tells_what_it_warmed_and_how_long_it_took()
    {
        using var worker = system.App.CreateHttpClient("data-layer", "http");
        await Eventually.TrueAsync(async () =>
        {
            using var health = await worker.GetAsync(new Uri("/health", UriKind.Relative));
            return (await health.JsonAsync()).GetProperty("checks").GetProperty("cache-warm-up").GetProperty("description").GetString()!
                .Contains(" services and their list", StringComparison.Ordinal);
        });

        using var metrics = await worker.GetAsync(new Uri("/metrics", UriKind.Relative));
        var text = await metrics.Content.ReadAsStringAsync();
        Assert.Contains("cache_warmed_answers", text, StringComparison.Ordinal);
        Assert.Contains("cache_warm_duration_seconds", text, StringComparison.Ordinal);
    }

    private async Task<string> SourceAsync(Uri address)
    {
        using var response = await system.Hub.GetAsync(address);
        await response.JsonAsync();
        return response.Headers.GetValues("X-Cache").Single();
    }

    private async Task EventAsync(string type)
    {
        using var response = await system.Hub.GetAsync(new Uri($"/v1/events?type={type}&limit=1", UriKind.Relative));
        Assert.Equal(1, (await response.JsonAsync()).GetArrayLength());
    }
}
