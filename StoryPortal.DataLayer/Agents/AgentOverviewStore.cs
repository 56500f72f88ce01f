using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.QualityScores;

namespace StoryPortal.DataLayer.Agents;

/// <summary>Agents with what the rest of the database knows of them, in one statement.</summary>
public sealed class AgentOverviewStore(StoryDatabase database)
{
    private const int LatestEvents = 10;
    private const int MostCounted = 1_000_000;

    // Each part reads its own few rows from an index; the counts read index entries only, and are bounded.
    private static readonly Query GetQuery = new("agents.overview", QueryClass.Aggregate, $"""
        SELECT a.*, latest.events, latest.at, total.count, day.count, active.count, score.*
        FROM (SELECT {AgentStore.Columns} FROM mcp_documents.agents WHERE id = $1) a
        CROSS JOIN LATERAL (
            SELECT coalesce(json_agg({EventStore.AsJson("e")} ORDER BY e.timestamp DESC, e.id DESC), '[]') AS events, max(e.timestamp) AS at
            FROM (SELECT {EventStore.Columns} FROM mcp_documents.events WHERE agent_id = a.id ORDER BY timestamp DESC, id DESC LIMIT $3) e) latest
        CROSS JOIN LATERAL (
            SELECT count(*) FROM (SELECT FROM mcp_documents.events WHERE agent_id = a.id LIMIT $4) e) total
        CROSS JOIN LATERAL (
            SELECT count(*) FROM (SELECT FROM mcp_documents.events WHERE agent_id = a.id AND timestamp >= $2 LIMIT $4) e) day
        CROSS JOIN LATERAL (
            SELECT count(*) FROM mcp_documents.sessions WHERE agent_id = a.id AND is_active) active
        LEFT JOIN LATERAL (
            SELECT {QualityScoreStore.Columns} FROM mcp_documents.quality_scores
            WHERE component_type = 'agent' AND component_id = a.id::text ORDER BY calculated_at DESC, id DESC LIMIT 1) score ON true
        """);

    /// <summary>One agent with its events and metrics, or null.</summary>
    public Task<AgentOverview?> GetAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id), Sql.Time(now.AddHours(-24)), Sql.Int(LatestEvents), Sql.Int(MostCounted)], Read, cancellationToken);

    private static AgentOverview Read(NpgsqlDataReader row) => new(AgentStore.Read(row), row.GetJson(8), new AgentMetrics
    {
        LastEventAt = row.GetTimeOrNull(9),
        EventsTotal = row.GetInt64(10),
        EventsLast24Hours = row.GetInt64(11),
        ActiveSessions = row.GetInt64(12),
        QualityScore = row.IsDBNull(13) ? null : QualityScoreStore.Read(row, 13),
    });
}
