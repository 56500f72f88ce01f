using System.Buffers;
using System.Text.Json;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Events;

/// <summary>
/// Every event that a filter chooses, as NDJSON, newest first. One event is held at a time, and a megabyte of what is to be sent: then the statement
/// ends, and the next one begins when the client has taken that. A slow client holds no database connection.
/// </summary>
/// <param name="store">The events.</param>
/// <param name="filter">Which of them; its limit is not used.</param>
/// <param name="max">How many in all; null: every one.</param>
internal sealed class EventExport(EventStore store, EventFilter filter, int? max) : IResult
{
    private const int PageSize = 1000;

    private static readonly byte[] EndOfLine = "\n"u8.ToArray();

    public async Task ExecuteAsync(HttpContext context)
    {
        var (response, cancellationToken) = (context.Response, context.RequestAborted);
        response.ContentType = BatchBody.NdjsonContentType;
        if (context.IsHead())
        {
            return;
        }

        await using var json = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = StoryJson.Contracts.Options.Encoder, SkipValidation = true });
        var limit = new RowLimit(PageSize);
        var (left, after, isStarted) = (max ?? long.MaxValue, filter.After, false);
        while (left > 0)
        {
            var (asked, rows, isCut) = ((int)Math.Min(limit.Rows, left), 0, false);
            await foreach (var e in store.ListAsync(filter with { After = after, Limit = asked }, cancellationToken))
            {
                if (!isStarted)
                {
                    isStarted = true; // before it, what goes wrong is still a problem document
                    await response.StartAsync(cancellationToken);
                }

                JsonSerializer.Serialize(json, e, StoryJson.Contracts.Event);
                json.Flush();
                json.Reset();
                response.BodyWriter.Write(EndOfLine);
                after = new TimeCursor(e.Timestamp, e.Id);
                if (++rows < asked && response.BodyWriter.UnflushedBytes >= RowLimit.MaxBytes)
                {
                    isCut = true;
                    break;
                }
            }

            if ((await response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted || (rows < asked && !isCut))
            {
                return;
            }

            left -= rows;
            limit.Adapt(rows, isCut);
        }
    }
}
