using Microsoft.Extensions.Options;
using NpgsqlTypes;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.GroupCommit;

namespace StoryPortal.DataLayer.Events;

/// <summary>Single events, many to a commit.</summary>
public sealed class EventWriter(
    StoryDatabase database, EventNews news, IOptions<GroupCommitOptions> options, GroupCommitMetrics metrics, TimeProvider time, ILogger<EventWriter> logger)
    : GroupCommitWriter<Event>("events", options, metrics, time, logger)
{
    private const int BytesBesidePayload = 512;

    private static readonly Query InsertQuery = new("events.insert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.events ({EventStore.InsertedColumns})
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::jsonb[], $7::timestamptz[])
        ON CONFLICT (id) DO NOTHING
        RETURNING id
        """);

    /// <inheritdoc/>
    protected override Guid IdOf(Event row) => row.Id;

    /// <inheritdoc/>
    protected override int BytesOf(Event row) => row.Payload.Utf8.Length + BytesBesidePayload;

    /// <inheritdoc/>
    protected override async Task<HashSet<Guid>> InsertAsync(IReadOnlyList<Event> rows)
    {
        var created = await database.ListAsync(InsertQuery,
        [
            Sql.Column(rows, static e => e.Id, NpgsqlDbType.Uuid),
            Sql.Column(rows, static e => e.Type, NpgsqlDbType.Text),
            Sql.Column(rows, static e => e.Timestamp.UtcDateTime, NpgsqlDbType.TimestampTz),
            Sql.Column(rows, static e => e.AgentId, NpgsqlDbType.Uuid),
            Sql.Column(rows, static e => e.SessionId, NpgsqlDbType.Uuid),
            Sql.Column(rows, static e => e.Payload.Utf8, NpgsqlDbType.Jsonb),
            Sql.Column(rows, static e => e.ReceivedAt.UtcDateTime, NpgsqlDbType.TimestampTz),
        ], static row => row.GetGuid(0), CancellationToken.None);
        news.Stored(created.Count);
        return [.. created];
    }
}
