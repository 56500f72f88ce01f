namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The service level objectives of the product. Scorecard, alert rules and results of load tests follow from this table.</summary>
public static class Slos
{
    private const string Api = "api";
    private const string Database = "database";
    private const string Cache = "cache";
    private const string Resources = "resources";

    private static readonly string[] ApiClasses = [MetricNames.List, MetricNames.Detail, MetricNames.Write];
    private static readonly string[] AllQueries = [MetricNames.SimpleQueries, MetricNames.JoinQueries, MetricNames.AggregateQueries, MetricNames.DatabaseWrites];
    private static readonly string[] Tiers = ["agent_metadata", "service_registry", "model_configs", "user_sessions", "api_responses", "default"];

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static IReadOnlyList<Slo> All { get; } =
    [
        Latency("http_health_p95", Api, "health checks, p95", 50, Measure.P95, MetricNames.Health),
        Latency("http_list_p95", Api, "list endpoints, p95", 200, Measure.P95, MetricNames.List),
        Latency("http_detail_p95", Api, "detail endpoints, p95", 300, Measure.P95, MetricNames.Detail),
        Latency("http_write_p95", Api, "write operations, p95", 500, Measure.P95, MetricNames.Write),
        Latency("http_api_p95", Api, "any API request, p95", 500, Measure.P95, ApiClasses),
        Latency("http_api_p99", Api, "any API request, p99", 1000, Measure.P99, ApiClasses),
        new("http_failed", Api, "failed requests", 1, "%", Direction.Below, Measure.Percent, [MetricNames.Failed], [MetricNames.Requests]),
        Latency("db_simple_p95", Database, "simple selects, p95", 10, Measure.P95, MetricNames.SimpleQueries),
        Latency("db_join_p95", Database, "joins of two or three tables, p95", 50, Measure.P95, MetricNames.JoinQueries),
        Latency("db_aggregate_p95", Database, "aggregations, p95", 100, Measure.P95, MetricNames.AggregateQueries),
        Latency("db_all_p95", Database, "all queries and writes, p95", 100, Measure.P95, AllQueries),
        HitRate("cache_agent_metadata", "hit rate of agents", 80, "agent_metadata"),
        HitRate("cache_service_registry", "hit rate of services", 95, "service_registry"),
        HitRate("cache_user_sessions", "hit rate of sessions", 90, "user_sessions"),
        HitRate("cache_all", "hit rate over all tiers", 80, Tiers),
        Gauge("startup", "start-up of a process, the slowest", 30, "s", Measure.Highest, MetricNames.Startup),
        Gauge("memory", "memory of our processes, Postgres and Redis", 12e9, "bytes", Measure.SumOfHighest, MetricNames.Memory, MetricNames.PostgresMemory, MetricNames.RedisMemory),
        Gauge("cpu", "CPU of our processes, Postgres and Redis", 10, "cores", Measure.SumOfMeans, MetricNames.Cpu, MetricNames.PostgresCpu, MetricNames.RedisCpu),
        Gauge("db_connections", "database connections that are active, at most", 50, "connections", Measure.Highest, MetricNames.ActiveConnections),
        Gauge("redis_memory", "memory that Redis uses for its data", 512 * 1024 * 1024, "bytes", Measure.Highest, MetricNames.RedisDataMemory),
    ];

    /// <summary>The target named <paramref name="id"/>.</summary>
    public static Slo Get(string id) => All.Single(target => target.Id == id);

    private static Slo Latency(string id, string area, string what, double milliseconds, Measure measure, params string[] sources) =>
        new(id, area, what, milliseconds, "ms", Direction.Below, measure, sources);

    private static Slo HitRate(string id, string what, double percent, params string[] tiers)
    {
        string[] hits = [.. tiers.SelectMany(tier => new[] { MetricNames.Hits(tier, "l1"), MetricNames.Hits(tier, "l2") })];
        return new(id, Cache, what, percent, "%", Direction.Above, Measure.Percent, hits, [.. hits, .. tiers.Select(MetricNames.Misses)]);
    }

    // One sample of a gauge is enough.
    private static Slo Gauge(string id, string what, double max, string unit, Measure measure, params string[] sources) =>
        new(id, Resources, what, max, unit, Direction.Below, measure, sources, MinSamples: 1);
}
