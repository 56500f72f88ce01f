using System.Net;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using StoryPortal.Tests.Faults;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>Streams of two hubs, and what may happen to a hub, to Redis and to a reader.</summary>
[Collection(SharedTwoHubs.Name)]
public sealed class LiveHubTests(TwoHubs two)
{
    private readonly StoryPortalSystem _system = two.System;
    private readonly HttpClient[] _hubs = two.Hubs;

    [Fact]
    public async Task Whatever_one_hub_stores_the_streams_of_all_get_with_redis_and_without()
    {
        using var one = await EventStreamReader.OpenAsync(_hubs[0], "?type=fan-out");
        using var two = await EventStreamReader.OpenAsync(_hubs[1], "?type=fan-out");
        await ReachesBothAsync();
        await _system.RunAsync("redis-server", KnownResourceCommands.StopCommand);
        await ReachesBothAsync();
        await _system.RestartAsync("redis-server");

        async Task ReachesBothAsync()
        {
            foreach (var hub in _hubs)
            {
                var id = await PostAsync(hub, """{"type": "fan-out"}""");
                Assert.Equal([id], await one.IdsAsync(1));
                Assert.Equal([id], await two.IdsAsync(1));
            }
        }
    }

    [Fact]
    public async Task Streams_and_watches_end_with_their_hub_and_go_on_at_the_other()
    {
        var index = await IndexAsync(_hubs[0]);
        var watching = _hubs[0].GetAsync(new Uri($"/v1/services/watch?index={index}", UriKind.Relative));
        using var stream = await EventStreamReader.OpenAsync(_hubs[0], "?type=moving");
        var first = await PostAsync(_hubs[1], """{"type": "moving"}""");
        Assert.Equal([first], await stream.IdsAsync(1));

        var stopped = _system.RunAsync("service-hub", KnownResourceCommands.StopCommand);
        var end = (await stream.NextAsync())!;
        Assert.Equal("stream.end", end.Event);
        Assert.Equal(first.ToString(), JsonElement.Parse(end.Data!).GetProperty("last_event_id").GetString());
        Assert.Null(await stream.NextAsync());
        await stopped;
        using (var answer = await watching.WaitAsync(TimeSpan.FromSeconds(30))) // less than the watch would wait
        {
            Assert.True((await answer.JsonAsync()).GetProperty("index").GetInt64() >= index);
        }

        var second = await PostAsync(_hubs[1], """{"type": "moving"}""");
        using var resumed = await EventStreamReader.OpenAsync(_hubs[1], "?type=moving", first.ToString());
        Assert.Equal([second], await resumed.IdsAsync(1));
        await _system.RestartAsync("service-hub");
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_off_and_told_where_to_resume_and_holds_up_nobody()
    {
        const int Events = 20_000;
        using var slow = await EventStreamReader.OpenAsync(_hubs[0], "?type=much");
        using var fast = await EventStreamReader.OpenAsync(_hubs[0], "?type=much");
        var payload = new string('x', 1000);
        using var posted = await _hubs[1].PostAsync(
            new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson([.. Enumerable.Repeat($$"""{"type": "much", "payload": "{{payload}}"}""", Events)]));
        await posted.JsonAsync();
        var all = await fast.IdsAsync(Events);

        // By now it has been cut off: it gets what was on its way, and the rest when it comes again.
        var got = new List<Guid>();
        StreamMessage? message;
        while ((message = await slow.NextAsync()) is { Id: { } id })
        {
            got.Add(Guid.Parse(id));
        }

        Assert.Equal("stream.overflow", message?.Event);
        var last = JsonElement.Parse(message!.Data!).GetProperty("last_event_id").GetString()!;
        Assert.Equal(got[^1], Guid.Parse(last));
        Assert.Null(await slow.NextAsync());

        using var resumed = await EventStreamReader.OpenAsync(_hubs[1], "?type=much", last);
        Assert.Equal(all, got.Concat(await resumed.IdsAsync(Events - got.Count)));
    }

    [Fact]
    public async Task A_quiet_stream_shows_that_it_is_there_and_ends_with_its_key()
    {
        using var made = await _hubs[0].PostAsync(new Uri("/v1/admin/api-keys", UriKind.Relative), Answers.Json("""{"name": "reader", "scopes": ["read"]}"""));
        var key = await made.JsonAsync(HttpStatusCode.Created);
        using var client = new HttpClient { BaseAddress = _hubs[0].BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", key.GetProperty("key").GetString());
        using var stream = await EventStreamReader.OpenAsync(client, "?type=quiet");
        Assert.Equal("open", (await stream.ReadAsync())!.Comment);
        Assert.Equal("still here", (await stream.ReadAsync())!.Comment);

        using var revoked = await _hubs[0].DeleteAsync(new Uri($"/v1/admin/api-keys/{key.Id()}", UriKind.Relative));
        Assert.Equal("stream.end", (await stream.NextAsync())!.Event);
        Assert.Null(await stream.NextAsync());
    }

    private static async Task<long> IndexAsync(HttpClient hub)
    {
        using var response = await hub.GetAsync(new Uri("/v1/services/watch?wait=0", UriKind.Relative));
        return (await response.JsonAsync()).GetProperty("index").GetInt64();
    }

    private static async Task<Guid> PostAsync(HttpClient hub, string json)
    {
        using var response = await hub.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json(json));
        return (await response.JsonAsync(HttpStatusCode.Created)).Id();
    }
}
