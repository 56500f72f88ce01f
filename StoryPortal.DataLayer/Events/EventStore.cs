using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Events;

/// <summary>Events in Postgres.</summary>
public sealed class EventStore(StoryDatabase database, EventWriter writer, EventNews news)
{
    /// <summary>The columns of an event.</summary>
    internal const string Columns = InsertedColumns + ", is_system";

    /// <summary>The columns that a caller's event sets: <c>is_system</c> has its default, so that no caller can set it.</summary>
    internal const string InsertedColumns = "id, type, timestamp, agent_id, session_id, payload, received_at";

    private const int TypeIs = 0;
    private const int AgentIs = 1;
    private const int SessionIs = 2;
    private const int From = 3;
    private const int To = 4;
    private const int After = 5;

    private static readonly FilteredQuery ListQuery = new("events.list", QueryClass.Simple,
        $"SELECT {Columns} FROM mcp_documents.events {{where}} ORDER BY timestamp DESC, id DESC LIMIT ?",
        "type = ?", "agent_id = ?", "session_id = ?", "timestamp >= ?", "timestamp < ?", "(timestamp, id) < (?, ?)");

    private static readonly Query GetQuery = new("events.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.events WHERE id = $1");

    private static readonly Query StoredQuery = new("events.stored", QueryClass.Aggregate, QueryAccess.Read,
        "SELECT id, type, received_at, is_system FROM mcp_documents.events WHERE id = ANY($1)");

    private static readonly Query RecordQuery = new("events.record", QueryClass.Simple, QueryAccess.Write, InsertSql(1));

    private static readonly BulkUpsert Batch = new(
        """
        CREATE TEMP TABLE IF NOT EXISTS event_staging (
            id uuid, type text, timestamp timestamptz, agent_id uuid, session_id uuid, payload jsonb, received_at timestamptz)
        ON COMMIT DELETE ROWS
        """,
        $"COPY event_staging ({InsertedColumns}) FROM STDIN (FORMAT binary)",
        new Query("events.batch", QueryClass.Aggregate, QueryAccess.Write, $"""
            WITH stored AS (
                INSERT INTO mcp_documents.events ({InsertedColumns}) SELECT {InsertedColumns} FROM event_staging
                ON CONFLICT (id) DO NOTHING
                RETURNING 1)
            SELECT count(*)::int FROM stored
            """));

    /// <summary>One page of events, newest first.</summary>
    public IAsyncEnumerable<Event> ListAsync(EventFilter filter, CancellationToken cancellationToken) =>
        database.RowsAsync(
            ListQuery.Filter()
                .When(TypeIs, filter.Type)
                .When(AgentIs, filter.AgentId)
                .When(SessionIs, filter.SessionId)
                .When(From, filter.From)
                .When(To, filter.To)
                .When(After, filter.After)
                .Then(Sql.Int(filter.Limit)),
            Read, cancellationToken);

    /// <summary>One event, or null.</summary>
    public Task<Event?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id)], Read, cancellationToken);

    /// <summary>What never changes of those events that are stored, by id.</summary>
    public async Task<Dictionary<Guid, StoredEvent>> StoredAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var rows = await database.ListAsync(
            StoredQuery, [Sql.Uuids(ids)],
            static row => KeyValuePair.Create(row.GetGuid(0), new StoredEvent(row.GetString(1), row.GetTime(2), ReadOrigin(row, 3))),
            cancellationToken);
        return new(rows);
    }

    /// <summary>Stores an event of the system itself.</summary>
    public async Task RecordAsync(Event @event, CancellationToken cancellationToken)
    {
        await database.ExecuteAsync(RecordQuery, Parameters(@event), cancellationToken);
        news.Stored(1);
    }

    /// <summary>Stores an event; when its id is there already, nothing changes. Returns what is stored, and whether it is new.</summary>
    public async Task<(Event Event, bool Created)> InsertAsync(Event @event, CancellationToken cancellationToken)
    {
        Event? stored = null;
        while (stored is null)
        {
            if (await writer.WriteAsync(@event, cancellationToken))
            {
                return (@event, true);
            }

            // Not inserted means that it is there; if retention took it in between, it is inserted after all.
            stored = await GetAsync(@event.Id, cancellationToken);
        }

        return (stored, false);
    }

    /// <summary>Stores many events, all or none; those whose id is there already change nothing.</summary>
    public async Task<EventBatchResult> InsertManyAsync(IReadOnlyList<Event> events, CancellationToken cancellationToken)
    {
        // By id: two batches with the same events lock them in the same order.
        var sorted = events.OrderBy(e => e.Id).ToList();
        var result = await Batch.WriteAsync(database, sorted, WriteAsync, reader =>
        {
            var accepted = reader.GetInt32(0);
            return new EventBatchResult(accepted, events.Count - accepted);
        }, cancellationToken);
        news.Stored(result.Accepted);
        return result;
    }

    /// <summary>
    /// SQL that inserts one event of the system, in the same statement as the change that it records: both are stored, or neither is.
    /// </summary>
    /// <param name="first">The number of the first of its <see cref="Parameters"/>.</param>
    /// <param name="from">A FROM clause whose rows decide whether there is something to tell, or nothing.</param>
    internal static string InsertSql(int first, string from = "") => $"""
        INSERT INTO mcp_documents.events ({Columns})
        SELECT ${first}::uuid, ${first + 1}::text, ${first + 2}::timestamptz, ${first + 3}::uuid, ${first + 4}::uuid,
            ${first + 5}::jsonb, ${first + 6}::timestamptz, true {from}
        """;

    /// <summary>The parameters of <see cref="InsertSql"/>.</summary>
    internal static NpgsqlParameter[] Parameters(Event e) =>
        [Sql.Uuid(e.Id), Sql.Text(e.Type), Sql.Time(e.Timestamp), Sql.Uuid(e.AgentId), Sql.Uuid(e.SessionId), Sql.Json(e.Payload), Sql.Time(e.ReceivedAt)];

    /// <summary>The columns of the row <paramref name="row"/>.</summary>
    internal static string ColumnsOf(string row) => $"{row}.{Columns.Replace(", ", $", {row}.", StringComparison.Ordinal)}";

    /// <summary>SQL that makes the JSON of one event from the row <paramref name="row"/>, field for field what the serializer makes.</summary>
    internal static string AsJson(string row) => $"""
        json_build_object('id', {row}.id, 'type', {row}.type, 'timestamp', {TimeAsText(row + ".timestamp")},
            'agent_id', {row}.agent_id, 'session_id', {row}.session_id, 'payload', {row}.payload,
            'received_at', {TimeAsText(row + ".received_at")},
            'origin', CASE WHEN {row}.is_system THEN 'system' WHEN NOT {row}.is_system THEN 'client' END)
        """;

    private static string TimeAsText(string column) => $"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, Event e, CancellationToken cancellationToken)
    {
        await copy.WriteAsync(e.Id, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(e.Type, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(e.Timestamp.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
        await copy.WriteAsync(e.AgentId, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(e.SessionId, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(e.Payload.Utf8, NpgsqlDbType.Jsonb, cancellationToken);
        await copy.WriteAsync(e.ReceivedAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
    }

    internal static Event Read(NpgsqlDataReader row) => Read(row, 0);

    internal static Event Read(NpgsqlDataReader row, int first) => new()
    {
        Id = row.GetGuid(first),
        Type = row.GetString(first + 1),
        Timestamp = row.GetTime(first + 2),
        AgentId = row.GetGuidOrNull(first + 3),
        SessionId = row.GetGuidOrNull(first + 4),
        Payload = row.GetJson(first + 5),
        ReceivedAt = row.GetTime(first + 6),
        Origin = ReadOrigin(row, first + 7),
    };

    private static EventOrigin? ReadOrigin(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetBoolean(column) ? EventOrigin.System : EventOrigin.Client;
}
