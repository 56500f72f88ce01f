namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The names of what a <see cref="Recorder"/> keeps.</summary>
public static class Measured
{
    /// <summary>Times of health checks.</summary>
    public const string Health = "http.health";

    /// <summary>Times of list endpoints.</summary>
    public const string List = "http.list";

    /// <summary>Times of detail endpoints.</summary>
    public const string Detail = "http.detail";

    /// <summary>Times of write operations.</summary>
    public const string Write = "http.write";

    /// <summary>API requests.</summary>
    public const string Requests = "http.requests";

    /// <summary>API requests that failed: status 500 to 599.</summary>
    public const string Failed = "http.failed";

    /// <summary>Requests of all kinds and of anyone, also those that the gateway passed on and those for health.</summary>
    public const string Answered = "http.answered";

    /// <summary>Answers that were compressed.</summary>
    public const string Compressed = "http.compressed";

    /// <summary>Requests over HTTP/2.</summary>
    public const string Http2 = "http.protocol.2";

    /// <summary>Requests over any protocol.</summary>
    public const string AnyProtocol = "http.protocol.any";

    /// <summary>Connections that were opened to the server.</summary>
    public const string Connections = "http.connections";

    /// <summary>Seconds from the start of the process until it was ready.</summary>
    public const string Startup = "process.startup";

    /// <summary>Bytes of memory that the process holds.</summary>
    public const string Memory = "process.memory";

    /// <summary>Cores that the process keeps busy.</summary>
    public const string Cpu = "process.cpu";

    /// <summary>Work items that wait for a thread of the pool.</summary>
    public const string ThreadQueue = "threads.queue";

    /// <summary>Threads of the pool.</summary>
    public const string Threads = "threads.count";

    /// <summary>Times of statements that write to the database, of any class.</summary>
    public const string DatabaseWrites = "db.write";

    /// <summary>Answers that the last warm-up put into Redis.</summary>
    public const string Warmed = "cache.warmed";

    /// <summary>Database connections that are active.</summary>
    public const string ActiveConnections = "postgres.active";

    /// <summary>Database connections that the process may open.</summary>
    public const string Pool = "postgres.pool";

    /// <summary>Bytes of memory that the processes of Postgres hold.</summary>
    public const string PostgresMemory = "postgres.memory";

    /// <summary>Cores that Postgres keeps busy.</summary>
    public const string PostgresCpu = "postgres.cpu";

    /// <summary>Bytes that Redis uses for its data.</summary>
    public const string RedisMemory = "redis.memory";

    /// <summary>Bytes of memory that the process of Redis holds.</summary>
    public const string RedisProcessMemory = "redis.process_memory";

    /// <summary>Cores that Redis keeps busy.</summary>
    public const string RedisCpu = "redis.cpu";

    /// <summary>Beginning of the names under which the queries of sampled requests are counted; the route follows.</summary>
    public const string QueriesOf = "queries:";

    /// <summary>Beginning of the names under which sampled requests are counted; the route follows.</summary>
    public const string SampledOf = "sampled:";

    /// <summary>Times of database queries of a class that only read.</summary>
    public static string Query(string queryClass) => "db." + queryClass;

    /// <summary>Lookups that a level of a cache tier answered.</summary>
    public static string Hits(string tier, string level) => $"cache.{tier}.{level}";

    /// <summary>Lookups that a cache tier could not answer.</summary>
    public static string Misses(string tier) => $"cache.{tier}.miss";
}
