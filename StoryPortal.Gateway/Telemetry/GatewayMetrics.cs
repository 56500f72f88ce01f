using System.Diagnostics.Metrics;
using StoryPortal.Gateway.Load;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.Gateway.Telemetry;

/// <summary>The gateway's own instruments, beside those of ASP.NET Core and YARP.</summary>
internal sealed class GatewayMetrics
{
    private static readonly KeyValuePair<string, object?> Overload = new("reason", "overload");
    private static readonly KeyValuePair<string, object?> Rate = new("reason", "rate");
    private static readonly KeyValuePair<string, object?> Share = new("reason", "share");

    private readonly CacheLookupCounters _output;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _compressed;

    public GatewayMetrics(IMeterFactory meters, AdaptiveConcurrencyLimiter load)
    {
        var meter = meters.Create(TelemetryNames.Prefix + "Gateway");
        _output = new CacheLookupCounters(meter, ["output"]);
        _refused = meter.CreateCounter<long>("requests_refused_total", description: "Requests that were refused: 503 for overload, 429 for their caller's rate or share.");
        _retries = meter.CreateCounter<long>("proxy_retries_total", description: "Requests that were sent to another hub after one had failed.");
        _dropped = meter.CreateCounter<long>("api_requests_dropped_total", description: "Requests that the request log lost because it could not keep up.");
        _compressed = meter.CreateCounter<long>(MetricNames.CompressedResponses, description: "Responses with a content coding.");
        meter.CreateObservableGauge("concurrent_requests", () => load.Requests, description: "Requests that are being served.");
        meter.CreateObservableGauge("concurrent_requests_limit", () => load.Limit, description: "Requests that are taken on at the same time, at present.");
        meter.CreateObservableGauge("concurrent_transfers", () => load.Transfers, description: "Requests that wait for their client to send or to read.");
        meter.CreateObservableGauge("open_streams", () => load.Streams, description: "Streams and watches that are open.");
    }

    public void Hit() => _output.Hit("output", "l1");

    public void Miss() => _output.Miss("output");

    public void Shed() => _refused.Add(1, Overload);

    public void Limited() => _refused.Add(1, Rate);

    public void ShareExceeded() => _refused.Add(1, Share);

    public void Retried() => _retries.Add(1);

    public void Dropped(int requests) => _dropped.Add(requests);

    /// <summary>Counts a response with a content coding.</summary>
    public void RecordCompression(IHeaderDictionary response)
    {
        if (response.ContentEncoding.Count > 0)
        {
            _compressed.Add(1);
        }
    }
}
