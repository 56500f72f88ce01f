using System.Buffers;
using System.IO.Pipelines;
using StoryPortal.DataLayer.Events;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Draining;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.ServiceHub.Events.Stream;

/// <summary>What a reader asks for.</summary>
/// <param name="Type">Only events of this type.</param>
/// <param name="AgentId">Only events of this agent.</param>
/// <param name="After">Only events after this place in the order of arrival; null: those from now on.</param>
/// <param name="Last">The event at that place.</param>
/// <param name="HasGap">Whether <paramref name="Last"/> is not stored any more, so that events after it may be missing.</param>
internal sealed record EventStreamRequest(string? Type, Guid? AgentId, long? After, Guid? Last, bool HasGap);

/// <summary>An open stream: first what its reader missed, then events as they come, until one side ends it.</summary>
internal sealed class EventStreamAnswer(EventStreamRequest asked, EventFeed feed, EventStreams streams, CredentialRevalidator credentials, CancellationToken stopping) : IResult
{
    private const string Overflow = "stream.overflow";
    private const string Gap = "stream.gap";
    private const int PageSize = 100;
    private const int MostUnsent = 64 * 1024;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private Guid? _last = asked.Last;

    public async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        EventStream? stream = null;
        try
        {
            // Before the answer begins: what goes wrong here is still answered by a problem document.
            var position = asked.After is null ? 0 : await streams.FinalPositionAsync(ends.Token);
            stream = asked.After is null ? await streams.OpenAsync(asked.Type, asked.AgentId, after: 0, ends.Token) : null;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache";
            response.Headers["X-Accel-Buffering"] = "no"; // nginx buffers responses otherwise
            Write(response.BodyWriter, StreamFrame.Opening);
            if (asked.HasGap)
            {
                Write(response.BodyWriter, StreamFrame.End(Gap, asked.Last));
            }

            await response.BodyWriter.FlushAsync(ends.Token);

            if (asked.After is { } after)
            {
                // What there is already is read as fast as the reader takes it; only the rest may have to wait in the queue.
                after = await CatchUpAsync(response.BodyWriter, after, position, ends.Token);
                stream = await streams.OpenAsync(asked.Type, asked.AgentId, after, ends.Token);
                await CatchUpAsync(response.BodyWriter, after, stream.From, ends.Token);
            }

            await SayAsync(response, await FollowAsync(context, stream!, ends.Token));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && response.HasStarted)
        {
            await SayAsync(response, StreamEnd.Ended);
        }
        finally
        {
            if (stream is not null)
            {
                streams.Close(stream);
            }
        }
    }

    private async Task<long> CatchUpAsync(PipeWriter body, long after, long upTo, CancellationToken cancellationToken)
    {
        var limit = new RowLimit(PageSize);
        while (after < upTo)
        {
            var (rows, isCut) = (0, false);
            await foreach (var (seq, e) in feed.ListAsync(after, upTo, asked.Type, asked.AgentId, limit.Rows, cancellationToken))
            {
                Write(body, StreamFrame.Of(e));
                after = seq;
                if (++rows < limit.Rows && body.UnflushedBytes >= RowLimit.MaxBytes)
                {
                    isCut = true;
                    break;
                }
            }

            await body.FlushAsync(cancellationToken);
            after = isCut || rows == limit.Rows ? after : upTo;
            limit.Adapt(rows, isCut);
        }

        return after;
    }

    // Returns why it ended.
    private async Task<string> FollowAsync(HttpContext context, EventStream stream, CancellationToken cancellationToken)
    {
        using var abandoned = stream.GivenUp.Register(context.Abort);
        var body = context.Response.BodyWriter;
        while (await stream.Frames.WaitToReadAsync(cancellationToken))
        {
            while (stream.TryTake(out var frame))
            {
                if (frame == StreamFrame.Heartbeat && !await credentials.IsValidAsync(context))
                {
                    return StreamEnd.Ended;
                }

                Write(body, frame);
                if (body.UnflushedBytes > MostUnsent)
                {
                    await body.FlushAsync(cancellationToken);
                }
            }

            await body.FlushAsync(cancellationToken);
        }

        return Overflow;
    }

    private void Write(PipeWriter body, StreamFrame frame)
    {
        body.Write(frame.Utf8.Span);
        _last = frame.Id ?? _last;
    }

    // The last word; who does not take it in time goes without.
    private async Task SayAsync(HttpResponse response, string name)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(response.HttpContext.RequestAborted);
        patience.CancelAfter(Farewell);
        Write(response.BodyWriter, StreamFrame.End(name, _last));
        await response.BodyWriter.FlushAsync(patience.Token);
    }
}
