using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Events;

/// <summary>
/// Counts of events over time, always exact. Whole hours come from <c>event_counts</c>, which <see cref="EventCounter"/> keeps; the events that it
/// has not counted yet, and the hours of which the window has only a part, are counted on the spot.
/// </summary>
public sealed class EventStatsStore(StoryDatabase database)
{
    private const int TypeIs = 0;
    private const int AgentIs = 1;
    private const int From = 2;
    private const int To = 3;

    private static readonly FilteredQuery LiveQuery = new("events.stats_live", QueryClass.Aggregate, """
        SELECT type, date_bin(?, timestamp, 'epoch') AS bucket, count(*) FROM mcp_documents.events {where} GROUP BY bucket, type ORDER BY bucket, type LIMIT ?
        """, "type = ?", "agent_id = ?", "timestamp >= ?", "timestamp < ?");

    private static readonly Query StatsQuery = Counted("events.stats", "");
    private static readonly Query StatsOfTypeQuery = Counted("events.stats_of_type", "AND type = $7");

    /// <summary>Counts by bucket and type, the earliest first.</summary>
    public Task<List<EventCount>> CountAsync(EventStatsFilter filter, CancellationToken cancellationToken)
    {
        var size = filter.Bucket switch
        {
            EventBucket.Minute => TimeSpan.FromMinutes(1),
            EventBucket.Hour => TimeSpan.FromHours(1),
            _ => TimeSpan.FromDays(1),
        };
        var (firstHour, lastHour) = (CountedHour.From(filter.From), CountedHour.Of(filter.To));
        if (filter.Bucket == EventBucket.Minute || filter.AgentId is not null || firstHour >= lastHour)
        {
            return database.ListAsync(
                LiveQuery.Filter()
                    .Then(Sql.Interval(size))
                    .When(TypeIs, filter.Type)
                    .When(AgentIs, filter.AgentId)
                    .When(From, filter.From)
                    .When(To, filter.To)
                    .Then(Sql.Int(filter.Limit)),
                Read, cancellationToken);
        }

        List<NpgsqlParameter> parameters =
        [
            Sql.Interval(size), Sql.Time(filter.From), Sql.Time(filter.To), Sql.Time(firstHour), Sql.Time(lastHour), Sql.Int(filter.Limit),
        ];
        if (filter.Type is not null)
        {
            parameters.Add(Sql.Text(filter.Type));
        }

        return database.ListAsync(filter.Type is null ? StatsQuery : StatsOfTypeQuery, parameters, Read, cancellationToken);
    }

    // $2 to $3 is the window, $4 to $5 its whole hours. OFFSET 0 keeps the planner from reading the whole window where the few latest events are
    // meant, and the upper end of seq, which is no restriction, tells it that they are few.
    private static Query Counted(string name, string andType) => new(name, QueryClass.Aggregate, QueryAccess.Read, $"""
        SELECT type, date_bin($1, at, 'epoch') AS bucket, sum(n)::bigint FROM (
            SELECT type, hour AS at, count AS n FROM mcp_documents.event_counts WHERE hour >= $4 AND hour < $5 {andType}
            UNION ALL
            SELECT type, timestamp, 1 FROM (
                SELECT type, timestamp FROM mcp_documents.events
                WHERE seq > (SELECT seq FROM mcp_documents.event_counts_progress) AND seq <= (SELECT last_value FROM mcp_documents.events_seq_seq) OFFSET 0) latest
            WHERE timestamp >= $4 AND timestamp < $5 {andType}
            UNION ALL
            SELECT type, timestamp, 1 FROM mcp_documents.events WHERE timestamp >= $2 AND timestamp < $4 {andType}
            UNION ALL
            SELECT type, timestamp, 1 FROM mcp_documents.events WHERE timestamp >= $5 AND timestamp < $3 {andType}) counted
        GROUP BY bucket, type ORDER BY bucket, type LIMIT $6
        """);

    private static EventCount Read(NpgsqlDataReader row) => new(row.GetTime(1), row.GetString(0), row.GetInt64(2));
}
