namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>Names of instruments, and of the series that the scorecard makes of them.</summary>
public static class MetricNames
{
    /// <summary>Histogram of ASP.NET Core: durations of requests.</summary>
    public const string ServerRequestDuration = "http.server.request.duration";

    /// <summary>The name under which Prometheus gets <see cref="ServerRequestDuration"/>.</summary>
    public const string RequestDuration = "request_duration_seconds";

    /// <summary>Histogram: durations of database queries.</summary>
    public const string QueryDuration = "db_query_duration_seconds";

    /// <summary>Counter: lookups that a cache answered.</summary>
    public const string CacheHits = "cache_hits_total";

    /// <summary>Counter: lookups that no cache answered.</summary>
    public const string CacheMisses = "cache_misses_total";

    /// <summary>Counter: responses with a content coding.</summary>
    public const string CompressedResponses = "storyportal_compressed_responses_total";

    /// <summary>Up-down counter of Kestrel: open connections.</summary>
    public const string KestrelConnections = "kestrel.active_connections";

    /// <summary>Gauge: seconds from the start of the process until it was ready.</summary>
    public const string Startup = "storyportal_process_startup_seconds";

    /// <summary>Gauge of the runtime: resident memory of the process in bytes.</summary>
    public const string Memory = "dotnet.process.memory.working_set";

    /// <summary>Counter of the runtime: processor time of the process in seconds. The scorecard's series of that name has cores.</summary>
    public const string Cpu = "dotnet.process.cpu.time";

    /// <summary>Gauge of the runtime: work items that wait for a thread of the pool.</summary>
    public const string ThreadQueue = "dotnet.thread_pool.queue.length";

    /// <summary>Gauge of the runtime: threads of the pool.</summary>
    public const string Threads = "dotnet.thread_pool.thread.count";

    /// <summary>Gauge: responses that the last warm-up stored in Redis.</summary>
    public const string Warmed = "cache_warmed_answers";

    /// <summary>Gauge: database connections that are active.</summary>
    public const string ActiveConnections = "storyportal_postgres_active_connections";

    /// <summary>Gauge: database connections that the process may open.</summary>
    public const string MaxPoolConnections = "storyportal_database_pool_max_connections";

    /// <summary>Gauge: resident memory of the processes of Postgres in bytes.</summary>
    public const string PostgresMemory = "storyportal_postgres_memory_bytes";

    /// <summary>Gauge: cores that Postgres keeps busy.</summary>
    public const string PostgresCpu = "storyportal_postgres_cpu_cores";

    /// <summary>Gauge: bytes that Redis uses for its data.</summary>
    public const string RedisDataMemory = "storyportal_redis_data_bytes";

    /// <summary>Gauge: resident memory of the process of Redis in bytes.</summary>
    public const string RedisMemory = "storyportal_redis_memory_bytes";

    /// <summary>Gauge: cores that Redis keeps busy.</summary>
    public const string RedisCpu = "storyportal_redis_cpu_cores";

    /// <summary>Series: durations of health checks.</summary>
    public const string Health = "http.health";

    /// <summary>Series: durations of list endpoints.</summary>
    public const string List = "http.list";

    /// <summary>Series: durations of detail endpoints.</summary>
    public const string Detail = "http.detail";

    /// <summary>Series: durations of write operations.</summary>
    public const string Write = "http.write";

    /// <summary>Series: API requests of clients.</summary>
    public const string Requests = "http.requests";

    /// <summary>Series: API requests of clients with a status of 500 to 599.</summary>
    public const string Failed = "http.failed";

    /// <summary>Series: requests over HTTP/2.</summary>
    public const string Http2 = "http.protocol.2";

    /// <summary>Series: requests over any protocol.</summary>
    public const string AnyProtocol = "http.protocol.any";

    /// <summary>Series: connections that were opened to the server.</summary>
    public const string Connections = "http.connections";

    /// <summary>Series: durations of simple selects.</summary>
    public const string SimpleQueries = "db.simple";

    /// <summary>Series: durations of joins that only read.</summary>
    public const string JoinQueries = "db.join";

    /// <summary>Series: durations of aggregations that only read.</summary>
    public const string AggregateQueries = "db.aggregate";

    /// <summary>Series: durations of statements that write to the database, of any class.</summary>
    public const string DatabaseWrites = "db.write";

    /// <summary>Prefix of a series: requests of a route; the route follows.</summary>
    public const string RequestsOf = "requests:";

    /// <summary>Prefix of a series: queries of the requests of a route; the route follows.</summary>
    public const string QueriesOf = "queries:";

    /// <summary>Series: lookups that a level of a cache tier answered.</summary>
    public static string Hits(string tier, string level) => $"cache.{tier}.{level}";

    /// <summary>Series: lookups that a cache tier did not answer.</summary>
    public static string Misses(string tier) => $"cache.{tier}.miss";

    /// <summary>Whether a gauge describes a server that several processes sample, and not the process itself.</summary>
    public static bool IsShared(string gauge) =>
        gauge.StartsWith("storyportal_postgres_", StringComparison.Ordinal) || gauge.StartsWith("storyportal_redis_", StringComparison.Ordinal);
}
