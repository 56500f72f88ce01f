using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Services;

/// <summary>The registry with two hubs, with Redis and without.</summary>
public sealed partial class TwoHubRegistryTests : IAsyncLifetime
{
    private readonly StoryPortalSystem _system = new(["--StoryPortal:Hubs=2", "--StoryPortal:Servers=local"]);
    private HttpClient[] _hubs = [];

    public async Task InitializeAsync()
    {
        await _system.InitializeAsync();
        _hubs = [_system.CreateHubClient(), _system.CreateHubClient("service-hub-2")];
    }

    public Task DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task What_one_hub_registers_ends_the_watch_at_the_other_and_is_found_there_with_redis_and_without()
    {
        await AllAreThereAsync();
        await WatchAcrossAsync("with-redis");

        await _system.RunAsync("redis-server", KnownResourceCommands.StopCommand);
        await WatchAcrossAsync("without-redis");
    }

    [Fact]
    public async Task A_hub_that_stops_ends_its_watches_with_an_answer()
    {
        await AllAreThereAsync();
        var index = await IndexAsync(_hubs[1]);
        var watching = _hubs[1].GetAsync(Relative($"/v1/services/watch?index={index}"));
        await WatchesAsync(_hubs[1], 1);

        await _system.RunAsync("service-hub-2", KnownResourceCommands.StopCommand);
        using var answer = await watching.WaitAsync(TimeSpan.FromSeconds(30)); // less than the watch would wait
        Assert.True((await answer.JsonAsync()).GetProperty("index").GetInt64() >= index);
    }

    private static Uri Relative(string address) => new(address, UriKind.Relative);

    private async Task WatchAcrossAsync(string name)
    {
        var index = await IndexAsync(_hubs[1]);
        var watching = _hubs[1].GetAsync(Relative($"/v1/services/watch?index={index}"));
        await WatchesAsync(_hubs[1], 1);

        using var created = await _hubs[0].PutAsync(Relative($"/v1/services/{name}/instances/a"), Answers.Json("""{"url": "http://127.0.0.1:9/", "lease_seconds": 3600}"""));
        Assert.True(created.IsSuccessStatusCode);
        using var answer = await watching.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains((await answer.JsonAsync()).GetProperty("services").EnumerateArray(), service => service.GetProperty("name").GetString() == name);

        await Eventually.TrueAsync(async () =>
        {
            using var found = await _hubs[1].GetAsync(Relative($"/v1/services/search?q={name}"));
            return (await found.JsonAsync()).EnumerateArray().Any(service => service.GetProperty("name").GetString() == name);
        });
    }

    // The processes register themselves: afterwards only the test moves the index.
    private Task AllAreThereAsync() => Eventually.TrueAsync(async () =>
    {
        using var response = await _hubs[0].GetAsync(Relative("/v1/services/watch?wait=0"));
        return (await response.JsonAsync()).GetProperty("services").EnumerateArray().Sum(service => service.GetProperty("instances").GetArrayLength()) == 4;
    });

    private static async Task<long> IndexAsync(HttpClient hub)
    {
        using var response = await hub.GetAsync(Relative("/v1/services/watch?wait=0"));
        return (await response.JsonAsync()).GetProperty("index").GetInt64();
    }

    private static Task WatchesAsync(HttpClient hub, int count) => Eventually.TrueAsync(async () =>
    {
        var metrics = await hub.GetStringAsync(Relative("/metrics"));
        return Watches().Match(metrics).Groups[1].Value == count.ToString(CultureInfo.InvariantCulture);
    });

    [GeneratedRegex(@"^registry_watches(?:\{[^}]*\})? (\d+)", RegexOptions.Multiline)]
    private static partial Regex Watches();
}
