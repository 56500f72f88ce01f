using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Measures requests: for Prometheus by method and route, for the scorecard by class.</summary>
public sealed class RequestMeasurement
{
    private const string Unmatched = "unmatched";

    // Around the targets: 50, 200, 300, 500 ms and 1 s are bucket boundaries, so that "below target" is exact.
    private static readonly double[] Boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];

    private static readonly ConcurrentDictionary<string, RouteClasses> Classes = new(StringComparer.Ordinal);

    // Routes are asked for many times in a row.
    [ThreadStatic]
    private static RouteClasses? s_last;

    // Counted for the scorecard; the times of classes that it has follow, in their order.
    private const int Requests = 0;
    private const int Failed = 1;
    private const int Answered = 2;

    private readonly Recorder.Group _counted;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _failures;

    /// <summary>Measures into <paramref name="recorder"/> and a meter of <paramref name="meters"/>.</summary>
    public RequestMeasurement(Recorder recorder, IMeterFactory meters)
    {
        _counted = recorder.GroupOf([Measured.Requests, Measured.Failed, Measured.Answered], [Measured.Health, Measured.List, Measured.Detail, Measured.Write]);
        var meter = meters.Create(TelemetryNames.Prefix + "Requests");
        _duration = meter.CreateHistogram(
            "request_duration_seconds", unit: "s", "Time from a request's arrival until its answer was written.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
        _failures = meter.CreateCounter<long>("requests_failed_total", description: "Requests that were answered with status 500 to 599.");
    }

    /// <summary>Measures a request that has been answered.</summary>
    /// <param name="method">Its method, as it was sent.</param>
    /// <param name="template">The template of the route that answered, such as <c>/v1/agents/{id}</c>; null for none.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="status">The status of the answer.</param>
    /// <param name="fromClient">Whether it came from a client, and not through the gateway, which measures it as its client sees it.</param>
    public void Record(string method, string? template, TimeSpan duration, int status, bool fromClient)
    {
        var endpoint = template ?? Unmatched;
        var (methodTag, endpointTag) = (new KeyValuePair<string, object?>("method", Known(method)), new KeyValuePair<string, object?>("endpoint", endpoint));
        _duration.Record(duration.TotalSeconds, methodTag, endpointTag);
        var failed = status >= StatusCodes.Status500InternalServerError;
        if (failed)
        {
            _failures.Add(1, methodTag, endpointTag);
        }

        var mine = _counted.Mine;
        mine.Add(Answered);
        var classes = ClassesOf(endpoint);
        var requestClass = RequestClasses.IsRead(method) ? classes.Read : classes.Write;
        if (requestClass == RequestClass.Health)
        {
            mine.Add((int)RequestClass.Health, duration);
        }
        else if (fromClient && (requestClass is RequestClass.List or RequestClass.Detail or RequestClass.Write || (failed && requestClass is null)))
        {
            mine.Add(Requests);
            if (failed)
            {
                mine.Add(Failed); // also without a route: there was no hub, or no room
            }

            if (requestClass is { } timed)
            {
                mine.Add((int)timed, duration);
            }
        }
    }

    private static RouteClasses ClassesOf(string endpoint) =>
        s_last is { } last && ReferenceEquals(last.Endpoint, endpoint) ? last : s_last = Classes.GetOrAdd(endpoint, static endpoint => new RouteClasses(endpoint));

    // Whatever callers make up is one label.
    private static string Known(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "_OTHER",
    };

    private sealed class RouteClasses(string endpoint)
    {
        public string Endpoint { get; } = endpoint;

        public RequestClass? Read { get; } = RequestClasses.Of(HttpMethods.Get, endpoint);

        public RequestClass? Write { get; } = RequestClasses.Of(HttpMethods.Post, endpoint);
    }
}
