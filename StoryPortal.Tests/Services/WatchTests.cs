using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>Waiting for changes of the registry.</summary>
[Collection(SharedSystem.Name)]
public sealed partial class WatchTests(StoryPortalSystem system) : IAsyncLifetime
{
    private readonly string _service = $"watched-{Guid.NewGuid():N}";

    public Task InitializeAsync() => RegisterAsync();

    public async Task DisposeAsync()
    {
        using var left = await system.Gateway.DeleteAsync(Instance);
    }

    private Uri Instance => new($"/v1/services/{_service}/instances/a", UriKind.Relative);

    [Fact]
    public async Task A_watch_answers_at_once_when_its_index_is_another()
    {
        var now = await WatchAsync("wait=60");
        Assert.Contains(_service, NamesOf(now));
        Assert.Equal(IndexOf(now), IndexOf(await WatchAsync($"index={IndexOf(now) - 1}&wait=60")));
        Assert.Equal(IndexOf(now), IndexOf(await WatchAsync($"index={IndexOf(now) + 1000}&wait=60")));
    }

    [Fact]
    public async Task A_watch_answers_when_something_changes()
    {
        var index = IndexOf(await WatchAsync("wait=0"));
        var watching = WatchAsync($"index={index}");
        await WatchesAsync(1);
        Assert.False(watching.IsCompleted);

        await RegisterAsync("2");
        var answer = await watching;
        Assert.Equal(index + 1, IndexOf(answer));
        Assert.Equal("2", answer.GetProperty("services").EnumerateArray().Single(service => service.GetProperty("name").GetString() == _service).GetProperty("version").GetString());
    }

    [Fact]
    public async Task A_watch_answers_with_what_is_when_its_wait_is_over()
    {
        var index = IndexOf(await WatchAsync("wait=0"));
        Assert.Equal(index, IndexOf(await WatchAsync($"index={index}&wait=1")));
    }

    [Fact]
    public async Task A_watch_is_told_of_the_services_that_it_chooses()
    {
        Assert.Equal([_service], NamesOf(await WatchAsync($"tag={_service}")));
        Assert.Equal([_service], NamesOf(await WatchAsync($"tag={_service}&layer=L78&version=1&status=passing")));
        Assert.Empty(NamesOf(await WatchAsync($"tag={_service}&status=critical")));
    }

    [Fact]
    public async Task A_thousand_watches_cost_one_query_for_a_change_and_are_in_nobodys_way()
    {
        var index = IndexOf(await WatchAsync("wait=0"));
        var watching = Enumerable.Range(0, 1000).Select(_ => WatchAsync($"index={index}&tag={_service}")).ToArray();
        await WatchesAsync(1000);
        var (threads, reads) = (await MetricAsync("threads"), await MetricAsync("reads"));
        using var other = await system.Gateway.GetAsync(new Uri("/v1/agents", UriKind.Relative));
        await other.JsonAsync();

        await RegisterAsync("2");
        Assert.All(await Task.WhenAll(watching), answer => Assert.Equal(index + 1, IndexOf(answer)));
        await WatchesAsync(0); // what is scraped is kept for a moment: from here on it is of after the change
        Assert.Equal(reads + 1, await MetricAsync("reads"));
        Assert.InRange(threads, 1, 100);
    }

    [Theory]
    [InlineData("index", "index=-1")]
    [InlineData("index", "index=last")]
    [InlineData("wait", "wait=61")]
    [InlineData("wait", "wait=-1")]
    [InlineData("status", "status=fine")]
    public async Task A_bad_watch_is_refused_by_parameter(string parameter, string query)
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/services/watch?{query}", UriKind.Relative));
        Assert.Equal([parameter], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    private async Task RegisterAsync(string version = "1")
    {
        using var response = await system.Gateway.PutAsync(
            Instance, Answers.Json($$"""{"url": "http://127.0.0.1:9/", "layer": "L78", "version": "{{version}}", "tags": ["{{_service}}"], "lease_seconds": 3600}"""));
        Assert.True(response.IsSuccessStatusCode);
    }

    private async Task<JsonElement> WatchAsync(string query)
    {
        using var response = await system.Gateway.GetAsync(new Uri($"/v1/services/watch?{query}", UriKind.Relative));
        return await response.JsonAsync();
    }

    private Task WatchesAsync(int count) => Eventually.TrueAsync(async () => await MetricAsync("watches") == count);

    private async Task<double> MetricAsync(string name)
    {
        var metrics = await system.Hub.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return Metric().Matches(metrics)
            .Where(line => line.Groups[name].Success)
            .Sum(line => double.Parse(line.Groups["value"].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static long IndexOf(JsonElement answer) => answer.GetProperty("index").GetInt64();

    private static string[] NamesOf(JsonElement answer) => [.. answer.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("name").GetString()!)];

    [GeneratedRegex("""^((?<watches>registry_watches)|(?<threads>dotnet_thread_pool_thread_count\w*)|(?<reads>db_query_duration_seconds_count)(?=\{[^}]*query="services\.snapshot"))(\{[^}]*\})? (?<value>[0-9.e+]+)""", RegexOptions.Multiline)]
    private static partial Regex Metric();
}
