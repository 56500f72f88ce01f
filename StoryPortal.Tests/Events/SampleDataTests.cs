using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>Real commit activity goes in, twice, and comes out as it was.</summary>
[Collection(SharedSystem.Name)]
public sealed class SampleDataTests(StoryPortalSystem system)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "data");

    [Fact]
    public async Task Importing_the_sample_twice_changes_nothing_the_second_time()
    {
        var (agents, events) = (await ReadAsync("agents"), await ReadAsync("events"));

        Assert.Equal(agents.Length, (await ImportAsync("agents", agents)).GetProperty("created").GetInt32());
        Assert.Equal($$"""{"accepted":{{events.Length}},"duplicates":0}""", (await ImportAsync("events", events)).GetRawText());
        var before = await SnapshotAsync(events);

        Assert.Equal(agents.Length, (await ImportAsync("agents", agents)).GetProperty("unchanged").GetInt32());
        Assert.Equal($$"""{"accepted":0,"duplicates":{{events.Length}}}""", (await ImportAsync("events", events)).GetRawText());
        Assert.Equal(before, await SnapshotAsync(events));
    }

    private static Task<string[]> ReadAsync(string name) => File.ReadAllLinesAsync(Path.Combine(Folder, $"{name}.ndjson"));

    private async Task<JsonElement> ImportAsync(string name, string[] lines)
    {
        using var response = await system.Gateway.PostAsync(new Uri($"/api/v1/{name}/batch", UriKind.Relative), Answers.Ndjson(lines));
        return await response.JsonAsync();
    }

    private async Task<string> SnapshotAsync(string[] events)
    {
        // What was sent is what is stored: the same JSON values, whatever Postgres thinks of their order.
        var sent = JsonElement.Parse(events[0]);
        using var read = await system.Gateway.GetAsync(new Uri($"/api/v1/events/{sent.Id()}", UriKind.Relative));
        Assert.True(JsonElement.DeepEquals(sent.GetProperty("payload"), (await read.JsonAsync()).GetProperty("payload")));

        using var list = await system.Gateway.GetAsync(new Uri("/api/v1/events?type=commit.src&limit=1000", UriKind.Relative));
        using var agents = await system.Gateway.GetAsync(new Uri("/api/v1/agents?type=contributor&include=events&limit=1000", UriKind.Relative));
        return (await list.JsonAsync()).GetRawText() + (await agents.JsonAsync()).GetRawText();
    }
}
