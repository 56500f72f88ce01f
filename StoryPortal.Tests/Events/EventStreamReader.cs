using System.Net;

namespace StoryPortal.Tests.Events;

/// <summary>One message of a stream; a comment has nothing but its text.</summary>
internal sealed record StreamMessage(string? Id, string? Event, string? Data, string? Comment);

/// <summary>Reads server-sent events as a browser does.</summary>
internal sealed class EventStreamReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;
    private readonly CancellationTokenSource _deadline = new(Patience);

    private EventStreamReader(HttpResponseMessage response, Stream body) => (_response, _reader) = (response, new StreamReader(body));

    public static async Task<EventStreamReader> OpenAsync(HttpClient client, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/events/stream{query}");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var deadline = new CancellationTokenSource(Patience);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventStreamReader(response, await response.Content.ReadAsStreamAsync(deadline.Token));
    }

    /// <summary>The next message, comments among them; null at the end.</summary>
    public async Task<StreamMessage?> ReadAsync()
    {
        string? id = null, name = null, data = null, comment = null;
        while (await _reader.ReadLineAsync(_deadline.Token) is { } line)
        {
            if (line.Length == 0)
            {
                return new StreamMessage(id, name, data, comment);
            }

            var (field, value) = line.Split(": ", 2) is [var before, var after] ? (before, after) : (line, "");
            switch (field)
            {
                case "id": id = value; break;
                case "event": name = value; break;
                case "data": data = value; break;
                case "retry": break;
                case "": comment = value; break;
                default: Assert.Fail(line); break;
            }
        }

        return null;
    }

    /// <summary>The next message that is no comment; null at the end.</summary>
    public async Task<StreamMessage?> NextAsync()
    {
        StreamMessage? message;
        do
        {
            message = await ReadAsync();
        }
        while (message is { Data: null });
        return message;
    }

    /// <summary>The ids of the next events.</summary>
    public async Task<Guid[]> IdsAsync(int count)
    {
        var ids = new Guid[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = Guid.Parse((await NextAsync())!.Id!);
        }

        return ids;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
        _deadline.Dispose();
    }
}
