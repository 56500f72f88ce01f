using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Tests.Performance;

/// <summary>How a row of the scorecard comes about.</summary>
public sealed class RowTests
{
    private static readonly (string Id, double Value, string Unit)[] Promised =
    [
        ("http_health_p95", 50, "ms"), ("http_list_p95", 200, "ms"), ("http_detail_p95", 300, "ms"), ("http_write_p95", 500, "ms"),
        ("http_api_p95", 500, "ms"), ("http_api_p99", 1000, "ms"), ("http_failed", 1, "%"),
        ("db_simple_p95", 10, "ms"), ("db_join_p95", 50, "ms"), ("db_aggregate_p95", 100, "ms"), ("db_all_p95", 100, "ms"),
        ("cache_agent_metadata", 80, "%"), ("cache_service_registry", 95, "%"), ("cache_user_sessions", 90, "%"), ("cache_all", 80, "%"),
        ("startup", 30, "s"), ("memory", 12e9, "bytes"), ("cpu", 10, "cores"), ("db_connections", 50, "connections"), ("redis_memory", 536_870_912, "bytes"),
    ];

    [Fact]
    public void Every_promise_is_in_the_table() =>
        Assert.Equal(Promised, Slos.All.Select(target => (target.Id, target.Value, target.Unit)));

    [Theory]
    [InlineData(100, 30, RowStatus.Ok)]
    [InlineData(170, 30, RowStatus.Ok)]
    [InlineData(185, 30, RowStatus.AtRisk)]
    [InlineData(240, 30, RowStatus.Missed)]
    [InlineData(240, 29, RowStatus.NoData)]
    public void A_latency_is_kept_below_its_target(int milliseconds, int requests, RowStatus expected)
    {
        var row = Row("http_list_p95", metrics => Repeat(requests, () => metrics.Record(MetricNames.List, TimeSpan.FromMilliseconds(milliseconds))));
        Assert.Equal((expected, (long)requests), (row.Status, row.Samples));
        Assert.Equal(expected == RowStatus.NoData, row.Current is null);
    }

    [Theory]
    [InlineData(90, 10, RowStatus.Ok)]
    [InlineData(81, 19, RowStatus.AtRisk)]
    [InlineData(80, 20, RowStatus.Missed)]
    [InlineData(20, 9, RowStatus.NoData)]
    public void A_hit_rate_is_kept_above_its_target(int hits, int misses, RowStatus expected)
    {
        var row = Row("cache_agent_metadata", metrics =>
        {
            metrics.Add(MetricNames.Hits("agent_metadata", "l1"), hits - 10);
            metrics.Add(MetricNames.Hits("agent_metadata", "l2"), 10);
            metrics.Add(MetricNames.Misses("agent_metadata"), misses);
        });
        Assert.Equal((expected, (long)hits + misses), (row.Status, row.Samples));
    }

    [Fact]
    public void Failed_requests_are_a_share_of_all()
    {
        var row = Row("http_failed", metrics =>
        {
            metrics.Add(MetricNames.Requests, 200);
            metrics.Add(MetricNames.Failed, 3);
        });
        Assert.Equal((1.5, RowStatus.Missed), (row.Current, row.Status));
    }

    [Fact]
    public void One_sample_of_a_gauge_is_enough()
    {
        var row = Row("db_connections", metrics => metrics.Sample(MetricNames.ActiveConnections, 12));
        Assert.Equal((12.0, 1L, RowStatus.Ok), (row.Current, row.Samples, row.Status));
    }

    [Fact]
    public void Memory_is_that_of_every_process_and_of_each_server_once()
    {
        ProcessSnapshot Hub(double own, double postgres) => Snapshot(metrics =>
        {
            metrics.Sample(MetricNames.Memory, own);
            metrics.Sample(MetricNames.PostgresMemory, postgres);
            metrics.Sample(MetricNames.RedisMemory, 1000);
        });

        Assert.Equal(100 + 200 + 510 + 1000, new MetricSnapshots([Hub(100, 500), Hub(200, 510)]).Row(Slos.Get("memory")).Current);
    }

    [Fact]
    public void A_sum_with_an_unknown_part_has_no_value()
    {
        var row = Row("memory", metrics => metrics.Sample(MetricNames.Memory, 100));
        Assert.Equal((null, RowStatus.NoData), (row.Current, row.Status));
    }

    [Fact]
    public void A_start_up_counts_after_the_window_as_well()
    {
        var row = new MetricSnapshots([Snapshot(metrics => metrics.Sample(MetricNames.Startup, 4), TimeSpan.FromHours(2))]).Row(Slos.Get("startup"));
        Assert.Equal((4.0, RowStatus.Ok), (row.Current, row.Status));
    }

    internal static ProcessSnapshot Snapshot(Action<MetricAggregator> record, TimeSpan later = default)
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var metrics = new MetricAggregator(time);
        record(metrics);
        time.Advance(later);
        var (times, counts, states) = metrics.Read();
        return new ProcessSnapshot
        {
            Service = "service-hub",
            Instance = "one",
            Version = "1",
            TakenAt = default,
            StartedAt = default,
            Times = times,
            Counts = counts,
            States = states,
        };
    }

    private static ScorecardRow Row(string target, Action<MetricAggregator> record) => new MetricSnapshots([Snapshot(record)]).Row(Slos.Get(target));

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }
}
