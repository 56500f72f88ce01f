using Microsoft.Extensions.Options;
using StoryPortal.Gateway.Exchanges;
using StoryPortal.Gateway.Telemetry;
using StoryPortal.ServiceDefaults.ApiRequests;

namespace StoryPortal.Gateway.RequestLog;

/// <summary>Sends what waits in the queue to a hub, a batch at a time, beside the requests. What a hub does not take after a few attempts is dropped, and counted.</summary>
internal sealed partial class RequestLogSender(
    RequestLogQueue queue, IHttpClientFactory clients, GatewayMetrics metrics, IOptions<RequestLogOptions> options, TimeProvider time, ILogger<RequestLogSender> logger)
    : BackgroundService
{
    /// <summary>Name of the HTTP client that reaches the hubs.</summary>
    public const string Client = "hub-api-requests";

    private static readonly Uri Address = new("internal/api-requests", UriKind.Relative);
    // Beside the time that requests have to end: whatever they took, their lines are handed over.
    private static readonly TimeSpan LastBatches = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _interval = TimeSpan.FromMilliseconds(options.Value.IntervalMilliseconds);
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<ApiRequest>(options.Value.BatchSize);
        while (!stoppingToken.IsCancellationRequested && await HasMoreAsync(stoppingToken))
        {
            await Task.Delay(_interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SendAsync(batch, CancellationToken.None); // a batch on its way is not lost because the gateway stops
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LastBatches, time);
        await base.StopAsync(deadline.Token);
        queue.Close();

        var batch = new List<ApiRequest>();
        while (queue.Waiting.Count > 0)
        {
            await SendAsync(batch, deadline.Token);
        }
    }

    private async Task<bool> HasMoreAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await queue.Waiting.WaitToReadAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task SendAsync(List<ApiRequest> batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        while (batch.Count < options.Value.BatchSize && queue.Waiting.TryRead(out var exchange))
        {
            batch.Add(Describe(exchange));
        }

        try
        {
            using var hub = clients.CreateClient(Client);
            using var response = await hub.PostAsJsonAsync(Address, batch, ApiRequestJson.Default.IReadOnlyListApiRequest, cancellationToken);
            response.EnsureSuccessStatusCode();
            _failing = false;
        }
        catch (Exception exception) // whatever it is: the log must not end
        {
            metrics.Dropped(batch.Count);
            if (!_failing)
            {
                LogDropped(exception.Message);
            }

            _failing = true;
        }
    }

    private static ApiRequest Describe(Exchange exchange) => new()
    {
        Id = Guid.CreateVersion7(exchange.Timestamp),
        RequestId = exchange.RequestId,
        Timestamp = exchange.Timestamp,
        Method = exchange.Method,
        Route = exchange.Route ?? "(none)",
        Path = exchange.Path,
        StatusCode = exchange.StatusCode,
        LatencyMs = Math.Round(exchange.Latency.TotalMilliseconds, 3),
        Consumer = exchange.Consumer,
        ClientIp = exchange.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : exchange.Address?.ToString(),
        UserAgent = exchange.UserAgent,
        TraceId = exchange.Activity?.TraceId.ToHexString(),
        RequestBytes = exchange.RequestBytes,
        ResponseBytes = exchange.ResponseBytes,
        Cache = exchange.Cache,
    };

    [LoggerMessage(1, LogLevel.Warning, "No hub takes the request log: what cannot be sent is dropped. {Reason}")]
    private partial void LogDropped(string reason);
}
