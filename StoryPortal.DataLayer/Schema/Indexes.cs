namespace StoryPortal.DataLayer.Schema;

/// <summary>An index that the product needs.</summary>
/// <param name="Name">Its name in schema <c>mcp_documents</c>.</param>
/// <param name="Definition">What follows <c>CREATE INDEX CONCURRENTLY IF NOT EXISTS name</c>.</param>
internal sealed record Index(string Name, string Definition);

/// <summary>Every index beside the primary keys.</summary>
internal static class Indexes
{
    public static IReadOnlyList<Index> All { get; } =
    [
        new("idx_events_type_timestamp", "ON mcp_documents.events (type, timestamp DESC)"),
        new("idx_events_agent_id", "ON mcp_documents.events (agent_id) WHERE agent_id IS NOT NULL"),
        new("idx_agents_status", "ON mcp_documents.agents (status)"),
        new("idx_agents_created_at", "ON mcp_documents.agents (created_at DESC)"),
        new("idx_sessions_active", "ON mcp_documents.sessions (is_active, updated_at DESC) WHERE is_active = true"),
        new("idx_api_requests_timestamp", "ON mcp_documents.api_requests (timestamp DESC)"),
        new("idx_api_requests_status_code", "ON mcp_documents.api_requests (status_code, timestamp DESC)"),
        new("idx_quality_scores_component", "ON mcp_documents.quality_scores (component_type, component_id, calculated_at DESC)"),

        // Keyset paging of events, all of them and those of one agent: without these the latest ten of a busy agent sort all of its events.
        new("idx_events_agent_id_timestamp", "ON mcp_documents.events (agent_id, timestamp DESC, id DESC)"),
        new("idx_events_timestamp", "ON mcp_documents.events (timestamp DESC, id DESC)"),

        // Those of one session: without it a million events are read for a session that has few, 611 ms instead of 0.1 ms.
        new("idx_events_session_id_timestamp", "ON mcp_documents.events (session_id, timestamp DESC, id DESC) WHERE session_id IS NOT NULL"),

        // Events that are not counted yet, in the order of their arrival.
        new("idx_events_seq", "ON mcp_documents.events (seq)"),

        // Keyset paging of sessions: without these every page of 300,000 sessions sorts all of them, or all active ones.
        new("idx_sessions_created_at", "ON mcp_documents.sessions (created_at DESC, id DESC)"),
        new("idx_sessions_active_created_at", "ON mcp_documents.sessions (created_at DESC, id DESC) WHERE is_active"),
        new("idx_sessions_agent_id", "ON mcp_documents.sessions (agent_id, created_at DESC, id DESC) WHERE agent_id IS NOT NULL"),

        // Keyset paging of quality scores, all of them and those of one kind: sorted otherwise, 150 to 200 ms of half a million.
        new("idx_quality_scores_calculated_at", "ON mcp_documents.quality_scores (calculated_at DESC, id DESC)"),
        new("idx_quality_scores_type", "ON mcp_documents.quality_scores (component_type, calculated_at DESC, id DESC)"),

        // Requests of a route that is rarely asked: without it the whole log is read, 275 to 594 ms of a million instead of 0.1 ms.
        new("idx_api_requests_route", "ON mcp_documents.api_requests (route, timestamp DESC)"),

        // Retention deletes the oldest first.
        new("idx_idempotency_keys_created_at", "ON mcp_documents.idempotency_keys (created_at)"),
    ];
}
