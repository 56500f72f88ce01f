using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.QualityScores;

namespace StoryPortal.DataLayer.Agents;

/// <summary>Agents with what the rest of the database knows of them, in one statement.</summary>
public sealed class AgentOverviewStore(StoryDatabase database)
{
    private const int LatestEvents = 10;

    // Each part reads its own few rows from an index. Events are counted as in EventStatsStore, from $4 by the hour: what the worker has counted, what it
    // has not yet, and the part of an hour at the beginning of the day. OFFSET 0 and the upper end of seq tell the planner that the uncounted ones are few.
    private static readonly Query GetQuery = new("agents.overview", QueryClass.Aggregate, QueryAccess.Read, $"""
        SELECT a.*, latest.events, latest.at, coalesce(total.count, 0) + uncounted.total, hours.count + uncounted.day + part.count, active.count, score.*
        FROM (SELECT {Agent.Map.List} FROM mcp_documents.agents WHERE id = $1) a
        CROSS JOIN LATERAL (
            SELECT coalesce(json_agg({EventStore.AsJson("e")} ORDER BY e.timestamp DESC, e.id DESC), '[]') AS events, max(e.timestamp) AS at
            FROM (SELECT {EventStore.Columns} FROM mcp_documents.events WHERE agent_id = a.id ORDER BY timestamp DESC, id DESC LIMIT $3) e) latest
        LEFT JOIN mcp_documents.agent_event_counts total ON total.agent_id = a.id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(count), 0)::bigint AS count FROM mcp_documents.agent_event_hours WHERE agent_id = a.id AND hour >= $4) hours
        CROSS JOIN LATERAL (
            SELECT count(*) AS total, count(*) FILTER (WHERE timestamp >= $4) AS day FROM (
                SELECT agent_id, timestamp FROM mcp_documents.events
                WHERE seq > (SELECT seq FROM mcp_documents.event_counts_progress) AND seq <= (SELECT last_value FROM mcp_documents.events_seq_seq) OFFSET 0) e
            WHERE agent_id = a.id) uncounted
        CROSS JOIN LATERAL (
            SELECT count(*) FROM mcp_documents.events WHERE agent_id = a.id AND timestamp >= $2 AND timestamp < $4) part
        CROSS JOIN LATERAL (
            SELECT count(*) FROM mcp_documents.sessions WHERE agent_id = a.id AND is_active) active
        LEFT JOIN LATERAL (
            SELECT {QualityScore.Map.List} FROM mcp_documents.quality_scores
            WHERE component_type = 'agent' AND component_id = a.id::text ORDER BY calculated_at DESC, id DESC LIMIT 1) score ON true
        """);

    /// <summary>One agent with its events and metrics, or null.</summary>
    public Task<AgentOverview?> GetAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var dayAgo = now.AddHours(-24);
        return database.FirstAsync(GetQuery, [Sql.Uuid(id), Sql.Time(dayAgo), Sql.Int(LatestEvents), Sql.Time(CountedHour.From(dayAgo))], Read, cancellationToken);
    }

    private static AgentOverview Read(NpgsqlDataReader row)
    {
        var next = Agent.Map.Count;
        return new(Agent.Map.Read(row), row.GetJson(next++), new AgentMetrics
        {
            LastEventAt = row.GetTimeOrNull(next++),
            EventsTotal = row.GetInt64(next++),
            EventsLast24Hours = row.GetInt64(next++),
            ActiveSessions = row.GetInt64(next++),
            QualityScore = row.IsDBNull(next) ? null : QualityScore.Map.Read(row, next),
        });
    }
}
