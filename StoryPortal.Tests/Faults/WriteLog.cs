using System.Collections.Concurrent;
using System.Net;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Faults;

/// <summary>Callers that write events without pause, singly and in batches, and remember what was acknowledged.</summary>
internal sealed class WriteLog(HttpClient gateway, string type) : IAsyncDisposable
{
    private const int BatchRows = 500;

    private static readonly Uri Events = new("/v1/events", UriKind.Relative);
    private static readonly Uri Batch = new("/v1/events/batch", UriKind.Relative);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _callers = [];
    private int _refused;

    /// <summary>Single events that were acknowledged.</summary>
    public ConcurrentBag<Guid> Acknowledged { get; } = [];

    /// <summary>Every batch that was sent, and whether it was acknowledged.</summary>
    public ConcurrentBag<(Guid[] Ids, bool Acknowledged)> Batches { get; } = [];

    /// <summary>Writes that were not acknowledged.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public int AcknowledgedBatches => Batches.Count(batch => batch.Acknowledged);

    public static WriteLog Start(HttpClient gateway, string type)
    {
        var log = new WriteLog(gateway, type);
        log._callers.AddRange(Enumerable.Range(0, 16).Select(_ => Task.Run(log.WriteSinglesAsync)));
        log._callers.AddRange(Enumerable.Range(0, 2).Select(_ => Task.Run(log.WriteBatchesAsync)));
        return log;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_callers);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WriteSinglesAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var id = Guid.NewGuid();
            if (await SendAsync(Events, Answers.Json(Row(id))))
            {
                Acknowledged.Add(id);
            }
        }
    }

    private async Task WriteBatchesAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var ids = Enumerable.Range(0, BatchRows).Select(_ => Guid.NewGuid()).ToArray();
            Batches.Add((ids, await SendAsync(Batch, Answers.Ndjson([.. ids.Select(Row)]))));
        }
    }

    // Whatever is not a success is no acknowledgement: an error, or a connection that broke before the answer.
    private async Task<bool> SendAsync(Uri address, HttpContent body)
    {
        try
        {
            using var response = await gateway.PostAsync(address, body);
            if (response.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK)
            {
                return true;
            }

            Assert.True((int)response.StatusCode >= 500, $"A valid write was answered with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
        catch (HttpRequestException)
        {
            // No answer.
        }

        Interlocked.Increment(ref _refused);
        return false;
    }

    private string Row(Guid id) => $$"""{"id": "{{id}}", "type": "{{type}}", "payload": {"written": true} }""";
}
