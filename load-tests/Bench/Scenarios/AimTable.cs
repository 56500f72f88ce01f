using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.Bench.Scenarios;

/// <summary>The aims of the benchmark, by the name of the benchmark; what is not in this table has no aim.</summary>
internal static class AimTable
{
    /// <summary>All of them.</summary>
    public static IReadOnlyDictionary<string, Aim> All { get; } = new Dictionary<string, Aim>
    {
        // Ratios.
        ["cache/cached GET of an agent"] = Aim.AtLeast(0.75),
        ["gateway/proxied GET vs bare YARP, HTTP/1.1"] = Aim.AtLeast(0.85),
        ["gateway/proxied GET vs bare YARP, HTTP/2"] = Aim.AtLeast(0.85),
        ["gateway/GET services vs bare YARP, HTTP/1.1"] = Aim.AtLeast(1.5),
        ["gateway/GET services vs bare YARP, HTTP/2"] = Aim.AtLeast(1.5),
        ["ingest/single event"] = Aim.AtLeast(1.0),
        ["ingest/bulk of 10,000"] = Aim.AtLeast(0.6),
        ["ingest/bulk of 50,000"] = Aim.AtLeast(0.6),

        // Values: s, % of a core, MiB.
        ["resources/start to healthy"] = Aim.AtMost(20),
        ["resources/idle CPU"] = Aim.AtMost(6),
        ["resources/memory"] = Aim.AtMost(800),

        // Promises of the scorecard, from its own table: ms, connections, share of the lookups.
        ["reads/events by type"] = Aim.AtMost(Target("db_simple_p95")),
        ["reads/events by agent"] = Aim.AtMost(Target("db_simple_p95")),
        ["reads/agents with events"] = Aim.AtMost(Target("db_join_p95")),
        ["reads/event stats over 30 days"] = Aim.AtMost(Target("db_aggregate_p95")),
        ["resources/database connections"] = Aim.AtMost(Target("db_connections")),
        ["cache/hit rate, agent_metadata"] = Aim.AtLeast(Target("cache_agent_metadata") / 100),
        ["cache/hit rate, service_registry"] = Aim.AtLeast(Target("cache_service_registry") / 100),
        ["cache/hit rate, user_sessions"] = Aim.AtLeast(Target("cache_user_sessions") / 100),
        ["cache/hit rate, all tiers"] = Aim.AtLeast(Target("cache_all") / 100),
    };

    private static double Target(string id) => Slos.Get(id).Value;
}
