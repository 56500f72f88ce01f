using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Faults;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>The registry with two hubs, with Redis and without.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed partial class TwoHubRegistryTests(TwoHubs two)
{
    private readonly StoryPortalSystem _system = two.System;
    private readonly HttpClient[] _hubs = two.Hubs;

    [Fact]
    public async Task What_one_hub_registers_ends_the_watch_at_the_other_and_is_found_there_with_redis_and_without()
    {
        await WatchAcrossAsync("with-redis");
        await _system.RunAsync("redis-server", KnownResourceCommands.StopCommand);
        await WatchAcrossAsync("without-redis");
        await _system.RestartAsync("redis-server");
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private async Task WatchAcrossAsync(string name)
    {
        // Processes of the system come and go as well: what one watch ends with, the next one goes on from.
        Task<HttpResponseMessage>? watching = null;
        await Eventually.TrueAsync(async () =>
        {
            if (watching is null or { IsCompleted: true })
            {
                watching = _hubs[1].GetAsync(Relative($"/v1/services/watch?index={await IndexAsync(_hubs[1])}"));
            }

            return await WatchesAsync(_hubs[1]) == "1";
        });

        using var created = await _hubs[0].PutAsync(Relative($"/v1/services/{name}/instances/a"), Answers.Json("""{"url": "http://127.0.0.1:9/", "lease_seconds": 3600}"""));
        Assert.True(created.IsSuccessStatusCode);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await watching!.WaitAsync(deadline.Token);
            var news = await answer.JsonAsync();
            if (news.GetProperty("services").EnumerateArray().Any(service => service.GetProperty("name").GetString() == name))
            {
                break;
            }

            watching = _hubs[1].GetAsync(Relative($"/v1/services/watch?index={news.GetProperty("index").GetInt64()}"), deadline.Token);
        }

        await Eventually.TrueAsync(async () =>
        {
            using var found = await _hubs[1].GetAsync(Relative($"/v1/services/search?q={name}"));
            return (await found.JsonAsync()).EnumerateArray().Any(service => service.GetProperty("name").GetString() == name);
        });
    }

    private static async Task<long> IndexAsync(HttpClient hub)
    {
        using var response = await hub.GetAsync(Relative("/v1/services/watch?wait=0"));
        return (await response.JsonAsync()).GetProperty("index").GetInt64();
    }

    private static async Task<string> WatchesAsync(HttpClient hub) => Watches().Match(await hub.GetStringAsync(Relative("/metrics"))).Groups[1].Value;

    [GeneratedRegex(@"^registry_watches(?:\{[^}]*\})? (\d+)", RegexOptions.Multiline)]
    private static partial Regex Watches();
}
