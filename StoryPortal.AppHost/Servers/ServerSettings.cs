namespace StoryPortal.AppHost.Servers;

/// <summary>How Postgres and Redis are tuned: the one list for containers and local processes.</summary>
public static class ServerSettings
{
    /// <summary>The database of Story Portal, and the name of its connection string.</summary>
    public const string Database = "storyportal";

    /// <summary>The cache, and the name of its connection string.</summary>
    public const string Cache = "redis";

    /// <summary>The version of PostgreSQL that containers run.</summary>
    public const string PostgresImageTag = "18.3";

    /// <summary>Settings of the Postgres server; durability stays at its defaults.</summary>
    public static IReadOnlyList<(string Name, string Value)> Postgres { get; } =
    [
        ("max_connections", "100"),
        ("shared_buffers", "256MB"),
        ("effective_cache_size", "1GB"),
        ("maintenance_work_mem", "64MB"),
        ("checkpoint_completion_target", "0.9"),
        ("wal_buffers", "16MB"),
        ("default_statistics_target", "100"),
        ("random_page_cost", "1.1"),
        ("effective_io_concurrency", "200"),
        ("work_mem", "2621kB"),
        ("min_wal_size", "1GB"),
        ("max_wal_size", "4GB"),
        ("autovacuum", "on"),
        ("autovacuum_max_workers", "3"),
        ("autovacuum_vacuum_scale_factor", "0.1"),
        ("autovacuum_analyze_scale_factor", "0.05"),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("log_min_duration_statement", "100"),
    ];

    /// <summary>Settings of the Redis server: a bounded cache that is never written to disk.</summary>
    public static IReadOnlyList<(string Name, string Value)> Redis { get; } =
    [
        ("maxmemory", "512mb"),
        ("maxmemory-policy", "allkeys-lru"),
        ("save", ""),
    ];

    /// <summary>The arguments of <c>postgres</c>.</summary>
    public static string[] PostgresArguments { get; } = [.. Postgres.SelectMany(setting => new[] { "-c", $"{setting.Name}={setting.Value}" })];

    /// <summary>The arguments of <c>redis-server</c>.</summary>
    public static string[] RedisArguments { get; } = [.. Redis.SelectMany(setting => new[] { $"--{setting.Name}", setting.Value })];
}
