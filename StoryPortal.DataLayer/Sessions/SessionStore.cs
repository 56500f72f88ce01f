using Npgsql;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>Sessions in Postgres. What a write changes is invalidated in every cache before it ends.</summary>
public sealed class SessionStore(StoryDatabase database, StoryCache cache)
{
    private const string Columns = "id, agent_id, user_id, type, is_active, context, created_at, updated_at, ended_at";
    private const int AgentIs = 0;
    private const int Active = 1;
    private const int Ended = 2;
    private const int After = 3;

    // Active or not is text and not a parameter: a generic plan could not use the partial index otherwise.
    private static readonly FilteredQuery ListQuery = new("sessions.list", QueryClass.Simple,
        $"SELECT {Columns} FROM mcp_documents.sessions {{where}} ORDER BY created_at DESC, id DESC LIMIT ?",
        "agent_id = ?", "is_active", "NOT is_active", "(created_at, id) < (?, ?)");

    private static readonly Query GetQuery = new("sessions.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.sessions WHERE id = $1");

    private static readonly Query GetManyQuery = new("sessions.get_many", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.sessions WHERE id = ANY($1)");

    private static readonly Query LatestIdsQuery = new("sessions.latest_ids", QueryClass.Simple, QueryAccess.Read,
        "SELECT id FROM mcp_documents.sessions ORDER BY created_at DESC, id DESC LIMIT $1");

    private static readonly Query InsertQuery = new("sessions.insert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.sessions ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (id) DO NOTHING
        RETURNING {Columns}
        """);

    // The condition keeps updated_at, and the row itself, as they are when nothing changes; a row that this statement inserted has no older version: xmax is 0.
    private static readonly Query UpsertQuery = new("sessions.upsert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.sessions ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (id) DO UPDATE SET
            agent_id = excluded.agent_id, user_id = excluded.user_id, type = excluded.type, is_active = excluded.is_active, context = excluded.context,
            updated_at = excluded.updated_at, ended_at = CASE WHEN excluded.is_active THEN NULL ELSE coalesce(sessions.ended_at, excluded.ended_at) END
        WHERE (sessions.agent_id, sessions.user_id, sessions.type, sessions.is_active, sessions.context)
            IS DISTINCT FROM (excluded.agent_id, excluded.user_id, excluded.type, excluded.is_active, excluded.context)
        RETURNING {Columns}, xmax = 0 AS created
        """);

    private static readonly Query LockQuery = new("sessions.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Columns} FROM mcp_documents.sessions WHERE id = $1 FOR UPDATE");

    // A session has an end exactly while it is not active; the condition keeps a row as it is when nothing changes. Locked and measured as in AgentStore.
    private static readonly Query PatchQuery = new("sessions.patch", QueryClass.Simple, QueryAccess.Write, """
        WITH locked AS (
            SELECT id, context AS old_context, mcp_documents.json_merge_patch(context, $6) AS context
            FROM mcp_documents.sessions WHERE id = $1 FOR NO KEY UPDATE),
        merged AS (
            SELECT *, octet_length(context::text) > $8 AND octet_length(context::text) > octet_length(old_context::text) AS is_too_large FROM locked),
        patched AS (
            UPDATE mcp_documents.sessions s SET
                agent_id = coalesce($2, s.agent_id), user_id = coalesce($3, s.user_id), type = coalesce($4, s.type), is_active = coalesce($5, s.is_active),
                context = m.context, updated_at = $7, ended_at = CASE WHEN coalesce($5, s.is_active) THEN NULL ELSE coalesce(s.ended_at, $7) END
            FROM merged m
            WHERE s.id = m.id AND NOT m.is_too_large AND (s.agent_id, s.user_id, s.type, s.is_active, s.context) IS DISTINCT FROM (
                coalesce($2, s.agent_id), coalesce($3, s.user_id), coalesce($4, s.type), coalesce($5, s.is_active), m.context)
            RETURNING s.*)
        SELECT p.id, p.agent_id, p.user_id, p.type, p.is_active, p.context, p.created_at, p.updated_at, p.ended_at, m.is_too_large
        FROM merged m LEFT JOIN patched p ON true
        """);

    private static readonly SessionPatch TheEnd = new() { IsActive = false };

    /// <summary>One page of sessions, newest first.</summary>
    public IAsyncEnumerable<Session> ListAsync(SessionFilter filter, CancellationToken cancellationToken)
    {
        var query = ListQuery.Filter().When(AgentIs, filter.AgentId);
        if (filter.IsActive is { } active)
        {
            query.With(active ? Active : Ended);
        }

        return database.RowsAsync(query.When(After, filter.After).Then(Sql.Int(filter.Limit)), Read, cancellationToken);
    }

    /// <summary>One session, or null.</summary>
    public Task<Session?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id)], Read, cancellationToken);

    /// <summary>The ids of sessions, active or not, the latest first.</summary>
    internal Task<List<Guid>> LatestIdsAsync(int limit, CancellationToken cancellationToken) =>
        database.ListAsync(LatestIdsQuery, [Sql.Int(limit)], row => row.GetGuid(0), cancellationToken);

    /// <summary>Those sessions that there are.</summary>
    internal IAsyncEnumerable<Session> GetManyAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.RowsAsync(GetManyQuery, [Sql.Uuids(ids)], Read, cancellationToken);

    /// <summary>One session, or null; its row is locked until the end of the current transaction.</summary>
    public Task<Session?> LockAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(LockQuery, [Sql.Uuid(id)], Read, cancellationToken);

    /// <summary>Stores a new session; returns it as it is stored, or null when its id is taken.</summary>
    public Task<Session?> InsertAsync(Session session, CancellationToken cancellationToken) =>
        cache.InvalidateAfterAsync(database.FirstAsync(InsertQuery, Parameters(session), Read, cancellationToken), row => row is not null, TagsOf(session.Id));

    /// <summary>Stores a session in place of what was there; returns it as it is now, and whether it is new.</summary>
    public Task<(Session Session, bool Created)> UpsertAsync(Session session, CancellationToken cancellationToken) => Upsert.StoreAsync(
        () => cache.InvalidateAfterAsync(
            database.ListAsync(UpsertQuery, Parameters(session), row => (Read(row), row.GetBoolean(9)), cancellationToken), rows => rows.Count > 0, TagsOf(session.Id)),
        () => GetAsync(session.Id, cancellationToken));

    /// <summary>Changes what the patch names; returns the session as it is now, or null when there is none.</summary>
    /// <exception cref="InputException">The patch would make the session's context too large.</exception>
    public async Task<Session?> PatchAsync(Guid id, SessionPatch patch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters =
        [
            Sql.Uuid(id), Sql.Uuid(patch.AgentId), Sql.Text(patch.UserId), Sql.Text(patch.Type), Sql.Bool(patch.IsActive),
            Sql.Json(patch.Context ?? default), Sql.Time(now), Sql.Int(BodyLimits.Document),
        ];
        var written = database.FirstAsync(PatchQuery, parameters, row => MergeResult<Session>.Read(row, Read, isTooLarge: 9), cancellationToken);
        var merged = await cache.InvalidateAfterAsync(written, merged => merged?.Changed is not null, TagsOf(id));
        merged?.ThrowIfTooLarge("context");
        return merged is null ? null : merged.Changed ?? await GetAsync(id, cancellationToken);
    }

    /// <summary>Ends a session, once; returns it as it is now, or null when there is none.</summary>
    public Task<Session?> EndAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken) => PatchAsync(id, TheEnd, now, cancellationToken);

    private static CacheTag[] TagsOf(Guid id) => [CacheTag.SessionLists, CacheKey.SessionTag(id)];

    private static NpgsqlParameter[] Parameters(Session session) =>
    [
        Sql.Uuid(session.Id), Sql.Uuid(session.AgentId), Sql.Text(session.UserId), Sql.Text(session.Type), Sql.Bool(session.IsActive),
        Sql.Json(session.Context), Sql.Time(session.CreatedAt), Sql.Time(session.UpdatedAt), Sql.Time(session.EndedAt),
    ];

    private static Session Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        AgentId = row.GetGuidOrNull(1),
        UserId = row.GetStringOrNull(2),
        Type = row.GetString(3),
        IsActive = row.GetBoolean(4),
        Context = row.GetJson(5),
        CreatedAt = row.GetTime(6),
        UpdatedAt = row.GetTime(7),
        EndedAt = row.GetTimeOrNull(8),
    };
}
