using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using StoryPortal.ServiceDefaults.Listening;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>The series that the scorecard makes of instruments and their tags.</summary>
public sealed class ScorecardListenerTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MetricAggregator _metrics = new(TimeProvider.System);
    private readonly ScorecardListener _gateway;
    private readonly Meter _meter;
    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _queries;

    public ScorecardListenerTests()
    {
        _gateway = CreateListener(new ListenOptions());
        _meter = Meters.Create("StoryPortal.Tests");
        _requests = _meter.CreateHistogram<double>(MetricNames.ServerRequestDuration);
        _queries = _meter.CreateHistogram<double>(MetricNames.QueryDuration);
    }

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _gateway.Dispose();
        _services.Dispose();
    }

    [Theory]
    [InlineData("GET", "/v1/agents", 200, MetricNames.List, 0)]
    [InlineData("GET", "/v1/agents/{id}", 404, MetricNames.Detail, 0)]
    [InlineData("POST", "/v1/events", 500, MetricNames.Write, 1)]
    public void A_request_of_a_client_counts_in_its_class(string method, string endpoint, int status, string series, int failed)
    {
        Request(method, endpoint, status);
        Assert.Equal((1, 1, failed), (Durations(series), Total(MetricNames.Requests), Total(MetricNames.Failed)));
    }

    [Fact]
    public void A_failed_request_without_a_route_counts_as_failed_and_other_requests_without_a_route_do_not_count()
    {
        Request("GET", RequestTags.Unmatched, 404);
        Request("GET", RequestTags.Unmatched, 503);
        Assert.Equal((1, 1), (Total(MetricNames.Requests), Total(MetricNames.Failed)));
    }

    [Fact]
    public void Streams_and_pages_have_no_class()
    {
        Request("GET", "/v1/events/stream", 200);
        Request("GET", "/page/{**file}", 200);
        Assert.Equal((0, 2), (Total(MetricNames.Requests), Total(MetricNames.AnyProtocol)));
        Assert.Empty(_metrics.Read().Histograms);
    }

    [Fact]
    public void The_hub_leaves_requests_of_the_gateway_to_the_gateway_and_counts_health_checks_and_requests_of_batches()
    {
        _gateway.Dispose();
        using var hub = CreateListener(new ListenOptions { Http2 = 8012 });
        Request("GET", "/v1/agents", 200, "2");
        Assert.Equal((0, 0), (Durations(MetricNames.List), Total(MetricNames.Requests)));

        Request("GET", "/health/ready", 200, "2");
        Request("GET", "/v1/agents", 200, "1.1");
        Request("GET", "/v1/agents", 200, protocol: null);
        Assert.Equal((1, 2, 2), (Durations(MetricNames.Health), Durations(MetricNames.List), Total(MetricNames.Requests)));
        Assert.Equal(3, hub.ApiRequests);
    }

    [Fact]
    public void Queries_count_by_class_and_writes_apart()
    {
        Query("simple", "read");
        Query("join", "read");
        Query("aggregate", "read");
        Query("simple", "write");
        Assert.All(
            (string[])[MetricNames.SimpleQueries, MetricNames.JoinQueries, MetricNames.AggregateQueries, MetricNames.DatabaseWrites], series => Assert.Equal(1, Durations(series)));
    }

    [Fact]
    public void Queries_count_for_the_route_of_their_request()
    {
        using var source = new ActivitySource(nameof(ScorecardListenerTests));
        using var listener = new ActivityListener { ShouldListenTo = other => other == source, Sample = (ref _) => ActivitySamplingResult.PropagationData };
        ActivitySource.AddActivityListener(listener);
        using (source.StartActivity("request", ActivityKind.Server))
        {
            using (source.StartActivity("inner"))
            {
                Query("simple", "read");
                Query("simple", "read");
            }

            Request("GET", "/v1/agents", 200);
        }

        Query("simple", "read"); // of no request
        Request("GET", "/v1/agents", 200);
        Assert.Equal((2, 2), (Total(MetricNames.RequestsOf + "/v1/agents"), Total(MetricNames.QueriesOf + "/v1/agents")));
    }

    [Fact]
    public void Lookups_count_by_tier_and_level()
    {
        var lookups = new CacheLookupCounters(_meter, ["default"]);
        lookups.Hit("default", "l1");
        lookups.Hit("default", "l2");
        lookups.Miss("default");
        lookups.Miss("default");
        Assert.Equal((1, 1, 2), (Total(MetricNames.Hits("default", "l1")), Total(MetricNames.Hits("default", "l2")), Total(MetricNames.Misses("default"))));
    }

    [Fact]
    public void Instruments_of_another_host_in_the_process_do_not_count()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create("StoryPortal.Tests").CreateHistogram<double>(MetricNames.QueryDuration).Record(1, new KeyValuePair<string, object?>("access", "write"));
        Assert.Equal(0, Durations(MetricNames.DatabaseWrites));
    }

    [Fact]
    public void The_runtime_reports_memory_processor_time_and_threads()
    {
        _gateway.Sample();
        var gauges = _metrics.Read().Gauges;
        Assert.InRange(gauges[MetricNames.Memory].Window.Highest, 1e6, 1e12);
        Assert.InRange(gauges[MetricNames.Cpu].Window.Highest, 0, Environment.ProcessorCount * 1.5);
        Assert.InRange(gauges[MetricNames.Threads].Window.Highest, 1, 10_000);
        Assert.True(gauges.ContainsKey(MetricNames.ThreadQueue));
    }

    private ScorecardListener CreateListener(ListenOptions listen) => new(_metrics, Meters, listen, TimeProvider.System);

    private void Request(string method, string endpoint, int status, string? protocol = "1.1")
    {
        var tags = new TagList { { RequestTags.Status, status }, { RequestTags.Method, method }, { RequestTags.Endpoint, endpoint } };
        if (protocol is not null)
        {
            tags.Add(RequestTags.Protocol, protocol);
        }

        _requests.Record(0.002, tags);
    }

    private void Query(string queryClass, string access) =>
        _queries.Record(0.002, new("query", "tests.query"), new("query_class", queryClass), new("access", access));

    private long Durations(string series) =>
        _metrics.Read().Histograms.TryGetValue(series, out var histogram) ? new LatencyHistogram().Add(histogram.Total).Count : 0;

    private long Total(string counter) => _metrics.Read().Counters.GetValueOrDefault(counter)?.Total ?? 0;
}
