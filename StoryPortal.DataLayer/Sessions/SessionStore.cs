using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Sessions;

/// <summary>Sessions in Postgres. What a write changes is invalidated in every cache before it ends.</summary>
public sealed class SessionStore(StoryDatabase database, StoryCache cache)
{
    private const int AgentIs = 0;
    private const int Active = 1;
    private const int Ended = 2;
    private const int After = 3;

    private static readonly ColumnMap<Session> Map = Session.Map;
    private static readonly PatchStatement<Session, SessionPatch> Patch = Map.Patch<SessionPatch>();

    // Active or not is text and not a parameter: a generic plan could not use the partial index otherwise.
    private static readonly FilteredQuery ListQuery = new("sessions.list", QueryClass.Simple,
        $"SELECT {Map.List} FROM {Map.Table} {{where}} ORDER BY created_at DESC, id DESC LIMIT ?",
        "agent_id = ?", "is_active", "NOT is_active", "(created_at, id) < (?, ?)");

    private static readonly Query GetQuery = new("sessions.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Map.List} FROM {Map.Table} WHERE id = $1");

    private static readonly Query GetManyQuery = new("sessions.get_many", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Map.List} FROM {Map.Table} WHERE id = ANY($1)");

    private static readonly Query LatestIdsQuery = new("sessions.latest_ids", QueryClass.Simple, QueryAccess.Read,
        $"SELECT id FROM {Map.Table} ORDER BY created_at DESC, id DESC LIMIT $1");

    private static readonly Query InsertQuery = new("sessions.insert", QueryClass.Simple, QueryAccess.Write,
        $"{Map.InsertInto} ON CONFLICT (id) DO NOTHING RETURNING {Map.List}");

    // A row that this statement inserted has no older version: xmax is 0.
    private static readonly Query UpsertQuery = new("sessions.upsert", QueryClass.Simple, QueryAccess.Write,
        $"{Map.InsertInto} {Map.OnConflictUpdate} RETURNING {Map.List}, xmax = 0 AS created");

    private static readonly Query LockQuery = new("sessions.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Map.List} FROM {Map.Table} WHERE id = $1 FOR UPDATE");

    private static readonly Query PatchQuery = new("sessions.patch", QueryClass.Simple, QueryAccess.Write, Patch.Sql);

    private static readonly SessionPatch TheEnd = new() { IsActive = false };

    /// <summary>One page of sessions, newest first.</summary>
    public IAsyncEnumerable<Session> ListAsync(SessionFilter filter, CancellationToken cancellationToken)
    {
        var query = ListQuery.Filter().When(AgentIs, filter.AgentId);
        if (filter.IsActive is { } active)
        {
            query.With(active ? Active : Ended);
        }

        return database.RowsAsync(query.When(After, filter.After).Then(Sql.Int(filter.Limit)), Map.Read, cancellationToken);
    }

    /// <summary>One session, or null.</summary>
    public Task<Session?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id)], Map.Read, cancellationToken);

    /// <summary>The ids of sessions, active or not, the latest first.</summary>
    internal Task<List<Guid>> LatestIdsAsync(int limit, CancellationToken cancellationToken) =>
        database.ListAsync(LatestIdsQuery, [Sql.Int(limit)], row => row.GetGuid(0), cancellationToken);

    /// <summary>Those sessions that there are.</summary>
    internal IAsyncEnumerable<Session> GetManyAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.RowsAsync(GetManyQuery, [Sql.Uuids(ids)], Map.Read, cancellationToken);

    /// <summary>One session, or null; its row is locked until the end of the current transaction.</summary>
    public Task<Session?> LockAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(LockQuery, [Sql.Uuid(id)], Map.Read, cancellationToken);

    /// <summary>Stores a new session; returns it as it is stored, or null when its id is taken.</summary>
    public Task<Session?> InsertAsync(Session session, CancellationToken cancellationToken) =>
        cache.InvalidateAfterAsync(database.FirstAsync(InsertQuery, Map.ToParameters(session), Map.Read, cancellationToken), row => row is not null, TagsOf(session.Id));

    /// <summary>Stores a session in place of what was there; returns it as it is now, and whether it is new.</summary>
    public Task<(Session Session, bool Created)> UpsertAsync(Session session, CancellationToken cancellationToken) => Upsert.StoreAsync(
        () => cache.InvalidateAfterAsync(
            database.ListAsync(UpsertQuery, Map.ToParameters(session), row => (Map.Read(row), row.GetBoolean(Map.Count)), cancellationToken), rows => rows.Count > 0, TagsOf(session.Id)),
        () => GetAsync(session.Id, cancellationToken));

    /// <summary>Changes what the patch names; returns the session as it is now, or null when there is none.</summary>
    /// <exception cref="InputException">The patch would make the session's context too large.</exception>
    public async Task<Session?> PatchAsync(Guid id, SessionPatch patch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var written = database.FirstAsync(PatchQuery, Patch.ToParameters(Sql.Uuid(id), patch, now), Patch.Read, cancellationToken);
        var merged = await cache.InvalidateAfterAsync(written, merged => merged?.Changed is not null, TagsOf(id));
        merged?.ThrowIfTooLarge("context");
        return merged is null ? null : merged.Changed ?? await GetAsync(id, cancellationToken);
    }

    /// <summary>Ends a session, once; returns it as it is now, or null when there is none.</summary>
    public Task<Session?> EndAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken) => PatchAsync(id, TheEnd, now, cancellationToken);

    private static CacheTag[] TagsOf(Guid id) => [CacheTag.SessionLists, CacheKey.SessionTag(id)];
}
