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
        Assert.Equal(Promised, Targets.All.Select(target => (target.Id, target.Value, target.Unit)));

    [Theory]
    [InlineData(100, 30, RowStatus.Ok)]
    [InlineData(170, 30, RowStatus.Ok)]
    [InlineData(185, 30, RowStatus.AtRisk)]
    [InlineData(240, 30, RowStatus.Missed)]
    [InlineData(240, 29, RowStatus.NoData)]
    public void A_latency_is_kept_below_its_target(int milliseconds, int requests, RowStatus expected)
    {
        var row = Row("http_list_p95", recorder => Repeat(requests, () => recorder.TimesOf(Measured.List).Add(TimeSpan.FromMilliseconds(milliseconds))));
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
        var row = Row("cache_agent_metadata", recorder =>
        {
            recorder.TallyOf(Measured.Hits("agent_metadata", "l1")).Add(hits - 10);
            recorder.TallyOf(Measured.Hits("agent_metadata", "l2")).Add(10);
            recorder.TallyOf(Measured.Misses("agent_metadata")).Add(misses);
        });
        Assert.Equal((expected, (long)hits + misses), (row.Status, row.Samples));
    }

    [Fact]
    public void Failed_requests_are_a_share_of_all()
    {
        var row = Row("http_failed", recorder =>
        {
            recorder.TallyOf(Measured.Requests).Add(200);
            recorder.TallyOf(Measured.Failed).Add(3);
        });
        Assert.Equal((1.5, RowStatus.Missed), (row.Current, row.Status));
    }

    [Fact]
    public void One_look_at_a_state_is_enough()
    {
        var row = Row("db_connections", recorder => recorder.StateOf(Measured.ActiveConnections).Set(12));
        Assert.Equal((12.0, 1L, RowStatus.Ok), (row.Current, row.Samples, row.Status));
    }

    [Fact]
    public void Memory_is_that_of_every_process_and_of_each_server_once()
    {
        PerformanceSnapshot Hub(double own, double postgres) => Snapshot(recorder =>
        {
            recorder.StateOf(Measured.Memory).Set(own);
            recorder.StateOf(Measured.PostgresMemory).Set(postgres);
            recorder.StateOf(Measured.RedisProcessMemory).Set(1000);
        });

        Assert.Equal(100 + 200 + 510 + 1000, new Readings([Hub(100, 500), Hub(200, 510)]).Row(Targets.Of("memory")).Current);
    }

    [Fact]
    public void A_sum_with_an_unknown_part_is_not_told()
    {
        var row = Row("memory", recorder => recorder.StateOf(Measured.Memory).Set(100));
        Assert.Equal((null, RowStatus.NoData), (row.Current, row.Status));
    }

    [Fact]
    public void Startup_is_told_long_after_it_was()
    {
        var row = new Readings([Snapshot(recorder => recorder.StateOf(Measured.Startup).Set(4), TimeSpan.FromHours(2))]).Row(Targets.Of("startup"));
        Assert.Equal((4.0, RowStatus.Ok), (row.Current, row.Status));
    }

    internal static PerformanceSnapshot Snapshot(Action<Recorder> record, TimeSpan later = default)
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var recorder = new Recorder(time);
        record(recorder);
        time.Advance(later);
        var (times, counts, states) = recorder.Read();
        return new PerformanceSnapshot
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

    private static ScorecardRow Row(string target, Action<Recorder> record) => new Readings([Snapshot(record)]).Row(Targets.Of(target));

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }
}
