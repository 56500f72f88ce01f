using System.Diagnostics.Metrics;
using StoryPortal.Gateway.Load;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.Gateway.Telemetry;

/// <summary>What the gateway counts beside ASP.NET Core and YARP. The tags are made once.</summary>
internal sealed class GatewayMetrics
{
    private static readonly KeyValuePair<string, object?> Overload = new("reason", "overload");
    private static readonly KeyValuePair<string, object?> Rate = new("reason", "rate");

    private readonly CacheLookups _output;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _dropped;

    public GatewayMetrics(IMeterFactory meters, Recorder recorder, AdaptiveConcurrencyLimiter load)
    {
        var meter = meters.Create(TelemetryNames.Prefix + "Gateway");
        _output = new CacheLookups(recorder, "output");
        CacheLookups.Expose(meter, _output);
        _refused = meter.CreateCounter<long>("requests_refused_total", description: "Requests that were refused, 503 for overload and 429 for their caller's rate.");
        _retries = meter.CreateCounter<long>("proxy_retries_total", description: "Requests that were sent to another hub after one had failed.");
        _dropped = meter.CreateCounter<long>("api_requests_dropped_total", description: "Requests that the request log lost because it could not keep up.");
        meter.CreateObservableGauge("concurrent_requests", () => load.Requests, description: "Requests that are being served.");
        meter.CreateObservableGauge("concurrent_requests_limit", () => load.Limit, description: "Requests that are taken on at the same time, at present.");
        meter.CreateObservableGauge("open_streams", () => load.Streams, description: "Streams and watches that are open.");
    }

    public void Hit() => _output.HitInMemory();

    public void Miss() => _output.Miss();

    public void Shed() => _refused.Add(1, Overload);

    public void Limited() => _refused.Add(1, Rate);

    public void Retried() => _retries.Add(1);

    public void Dropped(int requests) => _dropped.Add(requests);
}
