using System.Net.Http.Headers;
using System.Net.Mime;
using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Telemetry;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>Sends what waits in the queue to a hub, a batch at a time, beside the requests. What a hub does not take after a few attempts is dropped, and counted.</summary>
internal sealed partial class RequestLogSender(
    RequestLogQueue queue, IHttpClientFactory clients, GatewayMetrics metrics, IOptions<RequestLogOptions> options, TimeProvider time, ILogger<RequestLogSender> logger)
    : BackgroundService
{
    /// <summary>Name of the HTTP client that reaches the hubs.</summary>
    public const string Client = "hub-api-requests";

    private static readonly Uri Address = new("internal/api-requests", UriKind.Relative);
    private static readonly MediaTypeHeaderValue Json = new(MediaTypeNames.Application.Json);

    // Beside the time that requests have to end: whatever they took, their lines are handed over.
    private static readonly TimeSpan LastBatches = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _interval = TimeSpan.FromMilliseconds(options.Value.IntervalMilliseconds);
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await queue.NotEmptyAsync(stoppingToken);
                while (queue.Waiting > 0)
                {
                    await Task.Delay(_interval, time, stoppingToken);
                    await SendAsync(CancellationToken.None); // a batch on its way is not lost because the gateway stops
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LastBatches, time);
        await base.StopAsync(deadline.Token);
        queue.Close();
        while (queue.Waiting > 0)
        {
            await SendAsync(deadline.Token);
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        if (queue.Take() is not { } batch)
        {
            return;
        }

        try
        {
            using var hub = clients.CreateClient(Client);
            using var content = new ReadOnlyMemoryContent(batch.ToJson()) { Headers = { ContentType = Json } };
            using var response = await hub.PostAsync(Address, content, cancellationToken);
            response.EnsureSuccessStatusCode();
            queue.Return(batch);
            _failing = false;
        }
        catch (Exception exception) // whatever it is: the log must not end. The batch is not used again: an attempt that was given up may still read it
        {
            metrics.Dropped(batch.Count);
            if (!_failing)
            {
                LogDropped(exception.Message);
            }

            _failing = true;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "No hub takes the request log: what cannot be sent is dropped. {Reason}")]
    private partial void LogDropped(string reason);
}
