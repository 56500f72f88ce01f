using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Events;

/// <summary>An event and its place in the order of arrival.</summary>
/// <param name="Seq">Its place.</param>
/// <param name="Event">The event.</param>
public readonly record struct ArrivedEvent(long Seq, Event Event);

/// <summary>Events in the order of their arrival.</summary>
public sealed class EventFeed(StoryDatabase database)
{
    private static readonly Query AllQuery = Feed("events.feed", "");
    private static readonly Query OfTypeQuery = Feed("events.feed_of_type", "AND type = $4");
    private static readonly Query OfAgentQuery = Feed("events.feed_of_agent", "AND agent_id = $4");
    private static readonly Query OfTypeAndAgentQuery = Feed("events.feed_of_type_and_agent", "AND type = $4 AND agent_id = $5");

    private static readonly Query SeqQuery = new("events.seq", QueryClass.Simple, QueryAccess.Read, "SELECT seq FROM mcp_documents.events WHERE id = $1");

    /// <summary>Up to <paramref name="limit"/> events, one at a time, after one place and up to another, the earliest first; of a type or an agent where they are named.</summary>
    public IAsyncEnumerable<ArrivedEvent> ListAsync(long after, long upTo, string? type, Guid? agentId, int limit, CancellationToken cancellationToken)
    {
        List<NpgsqlParameter> parameters = [Sql.Long(after), Sql.Long(upTo), Sql.Int(limit)];
        if (type is not null)
        {
            parameters.Add(Sql.Text(type));
        }

        if (agentId is not null)
        {
            parameters.Add(Sql.Uuid(agentId));
        }

        var query = (type, agentId) switch
        {
            (null, null) => AllQuery,
            (_, null) => OfTypeQuery,
            (null, _) => OfAgentQuery,
            _ => OfTypeAndAgentQuery,
        };
        return database.RowsAsync(
            query, parameters, static row => new ArrivedEvent(row.GetInt64(8), EventStore.Read(row)), cancellationToken);
    }

    /// <summary>The place of an event; null when there is no such event.</summary>
    public async Task<long?> SeqAsync(Guid id, CancellationToken cancellationToken) =>
        await database.ListAsync(SeqQuery, [Sql.Uuid(id)], static row => row.GetInt64(0), cancellationToken) is [var seq] ? seq : null;

    private static Query Feed(string name, string condition) => new(name, QueryClass.Simple, QueryAccess.Read, $"""
        SELECT {EventStore.Columns}, seq FROM mcp_documents.events WHERE seq > $1 AND seq <= $2 {condition} ORDER BY seq LIMIT $3
        """);
}
