using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Maintenance.Retention;

/// <summary>A table whose rows can grow old.</summary>
/// <param name="Name">Its name in schema <c>mcp_documents</c>.</param>
/// <param name="Time">The column that tells how old a row is; null in it: the row does not age.</param>
/// <param name="Days">Days for which rows are kept unless configuration says otherwise; 0: for ever.</param>
internal sealed record RetainedTable(string Name, string Time, double Days)
{
    /// <summary>Every such table. Where much is deleted by default an index begins with the time.</summary>
    public static IReadOnlyList<RetainedTable> All { get; } =
    [
        new("events", "timestamp", 0),
        new("api_requests", "timestamp", 30),
        new("idempotency_keys", "created_at", 1),
        new("sessions", "ended_at", 0),
        new("quality_scores", "calculated_at", 0),
        new("service_owners", "idle_since", 30),
    ];

    /// <summary>
    /// Deletes the oldest rows from $1 on and before $2, $3 at most. It answers with their number and the time of the youngest: the next batch
    /// begins there, and does not walk again over what this one left dead in the index. A row that somebody holds is left for the next run.
    /// </summary>
    public Query DeleteQuery { get; } = new($"retention.{Name}", QueryClass.Aggregate, QueryAccess.Write, $"""
        WITH gone AS (
            DELETE FROM mcp_documents.{Name}
            WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM mcp_documents.{Name} WHERE {Time} >= $1 AND {Time} < $2 ORDER BY {Time} LIMIT $3 FOR UPDATE SKIP LOCKED))
            RETURNING {Time} AS time)
        SELECT count(*)::int, max(time) FROM gone
        """);
}
