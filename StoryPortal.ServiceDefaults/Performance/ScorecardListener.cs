using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using StoryPortal.ServiceDefaults.Listening;

namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Feeds the scorecard from the instruments of this process: every measurement is recorded once, by the component that takes it.</summary>
internal sealed class ScorecardListener : IDisposable
{
    private const string RuntimeMeter = "System.Runtime";
    private const string QueryCounter = "StoryPortal.QueryCounter";

    private readonly MetricAggregator _metrics;
    private readonly TimeProvider _time;
    private readonly bool _servesGateway;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Tier, string? Level), SlidingCounts> _lookups = [];
    private readonly SlidingCounts _requests;
    private readonly SlidingCounts _failed;
    private readonly SlidingCounts _http2;
    private readonly SlidingCounts _anyProtocol;
    private double _processorSeconds;
    private (double ProcessorSeconds, long Timestamp) _previous;
    private long _apiRequests;

    public ScorecardListener(MetricAggregator metrics, IMeterFactory meters, ListenOptions listen, TimeProvider time)
    {
        (_metrics, _time, _servesGateway) = (metrics, time, listen.Http2 is not null);
        (_requests, _failed) = (metrics.GetCounter(MetricNames.Requests), metrics.GetCounter(MetricNames.Failed));
        (_http2, _anyProtocol) = (metrics.GetCounter(MetricNames.Http2), metrics.GetCounter(MetricNames.AnyProtocol));
        _previous = (Environment.CpuUsage.TotalTime.TotalSeconds, time.GetTimestamp());
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Several hosts in one process, as in tests, have meters of their own; the runtime's meter belongs to the process.
            if ((ReferenceEquals(instrument.Meter.Scope, meters) || instrument.Meter.Name == RuntimeMeter) && GetHandler(instrument.Name) is { } handler)
            {
                listener.EnableMeasurementEvents(instrument, handler);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, value, tags, handler) => ((Handler)handler!)(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, handler) => ((Handler)handler!)(value, tags));
        _listener.Start();
    }

    /// <summary>Requests since the start that a route matched, without health checks.</summary>
    public long ApiRequests => Volatile.Read(ref _apiRequests);

    /// <summary>Samples the observable instruments of the runtime.</summary>
    public void Sample()
    {
        _processorSeconds = 0;
        _listener.RecordObservableInstruments();
        var now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_previous.Timestamp, now) is { Ticks: > 0 } elapsed)
        {
            _metrics.Sample(MetricNames.Cpu, (_processorSeconds - _previous.ProcessorSeconds) / elapsed.TotalSeconds);
            _previous = (_processorSeconds, now);
        }
    }

    public void Dispose() => _listener.Dispose();

    private Handler? GetHandler(string instrument) => instrument switch
    {
        MetricNames.ServerRequestDuration => RecordRequest,
        MetricNames.QueryDuration => RecordQuery,
        MetricNames.CacheHits or MetricNames.CacheMisses => RecordLookup,
        MetricNames.CompressedResponses => (count, _) => _metrics.Add(MetricNames.CompressedResponses, (long)count),
        MetricNames.KestrelConnections => (change, _) => _metrics.Add(MetricNames.Connections, Math.Max(0, (long)change)), // -1: a connection was closed
        MetricNames.Cpu => (seconds, _) => _processorSeconds += seconds, // one measurement for each mode
        MetricNames.Startup or MetricNames.Memory or MetricNames.ThreadQueue or MetricNames.Threads or MetricNames.Warmed or MetricNames.MaxPoolConnections
            => (value, _) => _metrics.Sample(instrument, value),
        _ when MetricNames.IsShared(instrument) => (value, _) => _metrics.Sample(instrument, value),
        _ => null,
    };

    private void RecordRequest(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? method = null, endpoint = null, protocol = null;
        var status = 0;
        foreach (var (key, value) in tags)
        {
            switch (key)
            {
                case RequestTags.Method:
                    method = value as string;
                    break;
                case RequestTags.Endpoint:
                    endpoint = value as string;
                    break;
                case RequestTags.Protocol:
                    protocol = value as string;
                    break;
                case RequestTags.Status:
                    status = value as int? ?? 0;
                    break;
            }
        }

        if (method is null || endpoint is null)
        {
            return;
        }

        var route = _routes.GetOrAdd(endpoint, static (endpoint, metrics) => new Route(endpoint, metrics), _metrics);
        var series = RequestClasses.IsRead(method) ? route.Read : route.Write;
        _anyProtocol.Add(0, 1);
        _http2.Add(0, protocol == "2" ? 1 : 0);
        if (series.Class is not (null or RequestClass.Health))
        {
            Interlocked.Increment(ref _apiRequests);
        }

        // A request of a batch has no protocol: its queries are those of the batch.
        if (protocol is not null)
        {
            route.Requests.Add(0, 1);
            route.Queries.Add(0, GetServerActivity()?.GetCustomProperty(QueryCounter) is StrongBox<int> queries ? queries.Value : 0);
        }

        // The gateway measures what it forwards, as its client sees it; the hub's port for the gateway is its only one with HTTP/2.
        var isFromClient = !_servesGateway || protocol != "2";
        var failed = status >= StatusCodes.Status500InternalServerError;
        if (series.Class == RequestClass.Health || (isFromClient && series.Durations is not null))
        {
            series.Durations!.Add(LatencyHistogram.GetIndex((long)(seconds * 1e6)), 1);
        }

        // A failed request without a class counts as well: there was no hub, or no capacity.
        if (isFromClient && series.Class != RequestClass.Health && (series.Durations is not null || (failed && series.Class is null)))
        {
            _requests.Add(0, 1);
            _failed.Add(0, failed ? 1 : 0);
        }
    }

    private void RecordQuery(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? queryClass = null, access = null;
        foreach (var (key, value) in tags)
        {
            (queryClass, access) = key switch
            {
                "query_class" => (value as string, access),
                "access" => (queryClass, value as string),
                _ => (queryClass, access),
            };
        }

        var series = access == "write" ? MetricNames.DatabaseWrites : queryClass switch
        {
            "simple" => MetricNames.SimpleQueries,
            "join" => MetricNames.JoinQueries,
            _ => MetricNames.AggregateQueries,
        };
        _metrics.GetHistogram(series).Add(LatencyHistogram.GetIndex((long)(seconds * 1e6)), 1);

        // A measurement is recorded in the context of its request, so that the request's activity carries the number of queries.
        if (GetServerActivity() is { } request)
        {
            lock (request)
            {
                if (request.GetCustomProperty(QueryCounter) is not StrongBox<int> queries)
                {
                    request.SetCustomProperty(QueryCounter, queries = new StrongBox<int>());
                }

                queries.Value++;
            }
        }
    }

    private void RecordLookup(double count, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? tier = null, level = null;
        foreach (var (key, value) in tags)
        {
            (tier, level) = key switch
            {
                "cache_type" => (value as string, level),
                "level" => (tier, value as string),
                _ => (tier, level),
            };
        }

        if (tier is not null)
        {
            _lookups.GetOrAdd(
                (tier, level),
                static (lookup, metrics) => metrics.GetCounter(lookup.Level is { } level ? MetricNames.Hits(lookup.Tier, level) : MetricNames.Misses(lookup.Tier)),
                _metrics).Add(0, (long)count);
        }
    }

    private static Activity? GetServerActivity()
    {
        var activity = Activity.Current;
        while (activity is not null && activity.Kind != ActivityKind.Server)
        {
            activity = activity.Parent;
        }

        return activity;
    }

    private delegate void Handler(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    private sealed class Route(string endpoint, MetricAggregator metrics)
    {
        public RequestSeries Read { get; } = new(RequestClasses.Of(HttpMethods.Get, endpoint), metrics);

        public RequestSeries Write { get; } = new(RequestClasses.Of(HttpMethods.Post, endpoint), metrics);

        public SlidingCounts Requests { get; } = metrics.GetCounter(MetricNames.RequestsOf + endpoint);

        public SlidingCounts Queries { get; } = metrics.GetCounter(MetricNames.QueriesOf + endpoint);
    }

    private sealed class RequestSeries(RequestClass? requestClass, MetricAggregator metrics)
    {
        public RequestClass? Class { get; } = requestClass;

        /// <summary>The durations of the class; null for a class without a target.</summary>
        public SlidingCounts? Durations { get; } = requestClass switch
        {
            RequestClass.Health => metrics.GetHistogram(MetricNames.Health),
            RequestClass.List => metrics.GetHistogram(MetricNames.List),
            RequestClass.Detail => metrics.GetHistogram(MetricNames.Detail),
            RequestClass.Write => metrics.GetHistogram(MetricNames.Write),
            _ => null,
        };
    }
}
