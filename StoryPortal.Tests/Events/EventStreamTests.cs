using System.Net;
using System.Text.Json;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>Events as they come: in the order in which they were stored, none is left out, whoever writes and reads how.</summary>
[Collection(SharedSystem.Name)]
public sealed class EventStreamTests(StoryPortalSystem system)
{
    private const int Streams = 1000;

    private readonly string _type = $"stream-{Guid.NewGuid():N}";

    [Fact]
    public async Task An_event_comes_with_its_id_its_type_and_itself_in_one_line()
    {
        using var stream = await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}");
        var id = await PostAsync($$"""{"type": "{{_type}}", "payload": {"text": "a\nb", "more": [1, 2]} }""");

        var message = (await stream.NextAsync())!;
        Assert.Equal((id.ToString(), _type), (message.Id, message.Event));
        using var read = await system.Gateway.GetAsync(new Uri($"/v1/events/{id}", UriKind.Relative));
        Assert.Equal((await read.JsonAsync()).GetRawText(), message.Data);
    }

    [Fact]
    public async Task A_type_with_a_line_break_cannot_forge_a_line()
    {
        var type = $"{_type}\nid: forged\r\ndata: forged";
        using var stream = await EventStreamReader.OpenAsync(system.Gateway, $"?type={Uri.EscapeDataString(type)}");
        var id = await PostAsync(JsonSerializer.Serialize(new { type }));

        var message = (await stream.NextAsync())!;
        Assert.Equal(id.ToString(), message.Id);
        Assert.Equal(type, JsonElement.Parse(message.Data!).GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_stream_has_only_what_was_asked_for()
    {
        var agent = Guid.NewGuid();
        using var ofType = await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}");
        using var ofAgent = await EventStreamReader.OpenAsync(system.Gateway, $"?agent_id={agent}");
        using var ofBoth = await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}&agent_id={agent}");
        var one = await PostAsync($$"""{"type": "{{_type}}"}""");
        var two = await PostAsync($$"""{"type": "{{_type}}-other", "agent_id": "{{agent}}"}""");
        var three = await PostAsync($$"""{"type": "{{_type}}", "agent_id": "{{agent}}"}""");

        Assert.Equal([one, three], await ofType.IdsAsync(2));
        Assert.Equal([two, three], await ofAgent.IdsAsync(2));
        Assert.Equal([three], await ofBoth.IdsAsync(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_resumes_after_an_event_gets_everything_after_it(bool header)
    {
        var ids = await PostManyAsync(250);
        var last = ids[20].ToString();
        using var stream = header
            ? await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}", last)
            : await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}&last_event_id={last}");
        var live = await PostAsync($$"""{"type": "{{_type}}"}""");

        Assert.Equal(ids.Skip(21).Append(live), await stream.IdsAsync(230));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_resumes_after_an_event_that_retention_removed_hears_of_the_gap_and_gets_what_is_left(bool header)
    {
        var ids = await PostManyAsync(5);
        await using (var connection = await system.Database.OpenConnectionAsync())
        {
            await using var delete = connection.CreateCommand();
            delete.CommandText = "DELETE FROM mcp_documents.events WHERE id = ANY($1)";
            delete.Parameters.AddWithValue(ids[..3]);
            await delete.ExecuteNonQueryAsync();
        }

        var last = ids[1].ToString();
        using var stream = header
            ? await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}", last)
            : await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}&last_event_id={last}");
        var gap = (await stream.NextAsync())!;
        Assert.Equal((null, "stream.gap", $$"""{"last_event_id":"{{last}}"}"""), (gap.Id, gap.Event, gap.Data));
        var live = await PostAsync($$"""{"type": "{{_type}}"}""");
        Assert.Equal(ids.Skip(3).Append(live), await stream.IdsAsync(3));
    }

    [Fact]
    public async Task Events_pass_through_a_default_nginx_as_they_come()
    {
        await using var nginx = await NginxProcess.StartAsync(system.Gateway.BaseAddress!.Port);
        using var client = new HttpClient { BaseAddress = nginx.Address };
        foreach (var (name, value) in system.Gateway.DefaultRequestHeaders)
        {
            client.DefaultRequestHeaders.Add(name, value);
        }

        using var stream = await EventStreamReader.OpenAsync(client, $"?type={_type}");
        var id = await PostAsync($$"""{"type": "{{_type}}"}""");
        Assert.Equal([id], await stream.IdsAsync(1));
    }

    [Fact]
    public async Task No_proxy_and_no_cache_keeps_a_stream_back()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/events/stream?type={_type}");
        using var response = await system.Gateway.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("no-cache", response.Headers.CacheControl?.ToString());
        Assert.Equal(["no"], response.Headers.GetValues("X-Accel-Buffering"));
    }

    [Fact]
    public async Task An_event_that_is_committed_after_a_later_one_is_not_left_out()
    {
        using var stream = await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}");
        var early = Guid.NewGuid();
        Guid late;
        await using (var connection = await system.Database.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO mcp_documents.events (id, type, timestamp) VALUES ($1, $2, now())";
            insert.Parameters.AddWithValue(early);
            insert.Parameters.AddWithValue(_type);
            await insert.ExecuteNonQueryAsync();
            late = await PostAsync($$"""{"type": "{{_type}}"}"""); // has the higher number, and is seen first
            await transaction.CommitAsync();
        }

        Assert.Equal([early, late], await stream.IdsAsync(2));
        using var resumed = await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}", early.ToString());
        Assert.Equal([late], await resumed.IdsAsync(1));
    }

    [Fact]
    public async Task Fifty_thousand_events_at_once_reach_a_reader_in_their_order()
    {
        using var stream = await EventStreamReader.OpenAsync(system.Gateway, $"?type={_type}");
        var posted = PostManyAsync(50_000);
        var ids = await stream.IdsAsync(50_000);
        Assert.Equal(await posted, ids);
    }

    [Fact]
    public async Task A_thousand_streams_are_open_at_once_and_leave_room_for_ordinary_requests()
    {
        using var client = new HttpClient { BaseAddress = system.Gateway.BaseAddress };
        var streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => EventStreamReader.OpenAsync(client, $"?type={_type}")));
        var requests = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => system.Gateway.GetAsync(new Uri("/v1/models", UriKind.Relative))));
        Assert.All(requests, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));

        var id = await PostAsync($$"""{"type": "{{_type}}"}""");
        Assert.All(await Task.WhenAll(streams.Select(stream => stream.IdsAsync(1))), ids => Assert.Equal([id], ids));
        Array.ForEach(streams, stream => stream.Dispose());
    }

    [Theory]
    [InlineData("?last_event_id=yesterday", "last_event_id")]
    [InlineData("?agent_id=nobody", "agent_id")]
    [InlineData("?type=a%00b", "type")]
    [InlineData("?type=", "type")]
    public async Task A_bad_request_is_refused_by_parameter(string query, string parameter)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/events/stream{query}");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await system.Gateway.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal([parameter], await response.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task A_head_is_answered_at_once()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/v1/events/stream");
        using var response = await system.Hub.SendAsync(request);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
    }

    private async Task<Guid> PostAsync(string json)
    {
        using var response = await system.Gateway.PostAsync(new Uri("/v1/events", UriKind.Relative), Answers.Json(json));
        return (await response.JsonAsync(HttpStatusCode.Created)).Id();
    }

    // In the order of their ids, in which a batch is stored.
    private async Task<Guid[]> PostManyAsync(int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).Order().ToArray();
        using var response = await system.Gateway.PostAsync(
            new Uri("/v1/events/batch", UriKind.Relative), Answers.Ndjson([.. ids.Select(id => $$"""{"id": "{{id}}", "type": "{{_type}}"}""")]));
        await response.JsonAsync();
        return ids;
    }
}
