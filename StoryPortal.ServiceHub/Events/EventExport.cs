using System.Buffers;
using System.Text.Json;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Events;

/// <summary>
/// Every event that a filter chooses, as NDJSON, newest first. It is read page by page, each as fast as the caller takes the one before: a slow
/// caller holds neither a database connection nor more memory than a page.
/// </summary>
/// <param name="store">Where the events are.</param>
/// <param name="filter">Which of them; its limit is that of a page.</param>
/// <param name="most">How many in all; null: every one.</param>
internal sealed class EventExport(EventStore store, EventFilter filter, int? most) : IResult
{
    public const int PageSize = 1000;

    private static readonly byte[] EndOfLine = "\n"u8.ToArray();

    public async Task ExecuteAsync(HttpContext context)
    {
        // The first page before the answer begins: what goes wrong with it is still answered by a problem document.
        var response = context.Response;
        var cancellationToken = context.RequestAborted;
        var left = most ?? long.MaxValue;
        var page = await PageAsync(filter, left, cancellationToken);
        response.ContentType = BatchBody.NdjsonContentType;
        if (context.IsHead())
        {
            return;
        }

        await using var json = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = StoryJson.Contracts.Options.Encoder, SkipValidation = true });
        while (page.Count > 0)
        {
            foreach (var e in page)
            {
                JsonSerializer.Serialize(json, e, StoryJson.Contracts.Event);
                json.Flush();
                json.Reset();
                response.BodyWriter.Write(EndOfLine);
            }

            if ((await response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted)
            {
                return; // the caller left
            }

            left -= page.Count;
            page = page.Count < PageSize ? [] : await PageAsync(filter with { After = new TimeCursor(page[^1].Timestamp, page[^1].Id) }, left, cancellationToken);
        }
    }

    private Task<List<Event>> PageAsync(EventFilter part, long left, CancellationToken cancellationToken) =>
        left == 0 ? Task.FromResult<List<Event>>([]) : store.ListAsync(part with { Limit = (int)Math.Min(PageSize, left) }, cancellationToken);
}
