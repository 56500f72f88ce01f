using System.Buffers;
using System.IO.Pipelines;
using StoryPortal.ServiceDefaults.Draining;

namespace StoryPortal.Gateway.Proxy;

/// <summary>Passes a hub's stream of events on, whole ones only: so it can end in order, with a last word, when the gateway stops.</summary>
/// <param name="stops">Cancelled when the gateway ends its streams.</param>
internal sealed class EventRelay(CancellationToken stops)
{
    private const int IdLength = 36;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    // Until something comes, an open stream holds no buffer.
    private static readonly StreamPipeReaderOptions Reading = new(useZeroByteReads: true);

    /// <summary>Whether the answer is such a stream.</summary>
    public static bool Takes(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType == "text/event-stream";

    /// <summary>Sends the answer's body until one side ends it. Never fails: what breaks off at the hub breaks off here.</summary>
    public async Task SendAsync(HttpContext context, HttpResponseMessage response)
    {
        var ends = context.RequestAborted; // of the caller's leaving, and of the gateway's stop

        // Who does not take it in time goes without.
        using var patience = new CancellationTokenSource();
        using var begins = ends.Register(() => patience.CancelAfter(Farewell));
        var body = context.Response.BodyWriter;
        Guid? last = null;
        try
        {
            var events = PipeReader.Create(await response.Content.ReadAsStreamAsync(ends), Reading);
            try
            {
                ReadResult read;
                do
                {
                    read = await events.ReadAsync(ends);
                    var whole = read.IsCompleted ? read.Buffer : read.Buffer.Slice(0, Whole(read.Buffer));
                    last = LastId(whole) ?? last;
                    foreach (var piece in whole)
                    {
                        body.Write(piece.Span);
                    }

                    events.AdvanceTo(whole.End, read.Buffer.End);
                    await body.FlushAsync(patience.Token);
                }
                while (!read.IsCompleted);
            }
            catch (OperationCanceledException) when (stops.IsCancellationRequested)
            {
                body.Write(StreamEnd.Of(StreamEnd.Ended, last));
                await body.FlushAsync(patience.Token);
            }
            finally
            {
                await events.CompleteAsync();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException)
        {
            context.Abort();
        }
    }

    // How much of it is whole messages: each ends with an empty line.
    private static long Whole(in ReadOnlySequence<byte> buffer)
    {
        var (end, before, afterBreak) = (0L, 0L, false);
        foreach (var piece in buffer)
        {
            if (piece.Span is not [.., var lastByte] span)
            {
                continue;
            }

            end = span.LastIndexOf("\n\n"u8) is >= 0 and var at ? before + at + 2 : afterBreak && span[0] == '\n' ? before + 1 : end;
            afterBreak = lastByte == '\n';
            before += span.Length;
        }

        return end;
    }

    private static Guid? LastId(in ReadOnlySequence<byte> messages)
    {
        Guid? last = null;
        Span<byte> text = stackalloc byte[IdLength];
        var lines = new SequenceReader<byte>(messages);
        do
        {
            if (lines.IsNext("id: "u8, advancePast: true) && lines.TryCopyTo(text) && Guid.TryParse(text, out var id))
            {
                last = id;
            }
        }
        while (lines.TryAdvanceTo((byte)'\n'));
        return last;
    }
}
