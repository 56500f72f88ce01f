using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Agents;

/// <summary>Agents in Postgres. What a write changes is invalidated in every cache before it ends.</summary>
public sealed class AgentStore(StoryDatabase database, StoryCache cache)
{
    internal const string Columns = "id, name, type, status, configuration, metadata, created_at, updated_at";
    private const int StatusIs = 0;
    private const int TypeIs = 1;
    private const int After = 2;

    private static readonly string[] Conditions = ["status = ?", "type = ?", "(created_at, id) < (?, ?)"];

    private static readonly FilteredQuery ListQuery = new("agents.list", QueryClass.Simple,
        $"SELECT {Columns} FROM mcp_documents.agents {{where}} ORDER BY created_at DESC, id DESC LIMIT ?", Conditions);

    // One statement for agents and their events: the page is cut first, then each of its agents reads its own few events from an index. Each event is a row,
    // so that no value has to hold all of them; an agent's documents come with its first event alone.
    private static readonly FilteredQuery ListWithEventsQuery = new("agents.list_with_events", QueryClass.Join, $$"""
        SELECT page.id, page.name, page.type, page.status,
               CASE WHEN coalesce(e.number, 1) = 1 THEN page.configuration END, CASE WHEN coalesce(e.number, 1) = 1 THEN page.metadata END,
               page.created_at, page.updated_at, {{EventStore.ColumnsOf("e")}}
        FROM (SELECT {{Columns}} FROM mcp_documents.agents {where} ORDER BY created_at DESC, id DESC LIMIT ?) page
        LEFT JOIN LATERAL (
            SELECT *, row_number() OVER () AS number
            FROM (SELECT {{EventStore.Columns}} FROM mcp_documents.events WHERE agent_id = page.id ORDER BY timestamp DESC, id DESC LIMIT ?) latest) e ON true
        ORDER BY page.created_at DESC, page.id DESC, e.number
        """, Conditions);

    private static readonly Query GetQuery = new("agents.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.agents WHERE id = $1");

    private static readonly Query LockQuery = new("agents.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Columns} FROM mcp_documents.agents WHERE id = ANY($1) ORDER BY id FOR UPDATE");

    private static readonly Query GetManyQuery = new("agents.get_many", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.agents WHERE id = ANY($1)");

    private static readonly Query ActiveIdsQuery = new("agents.active_ids", QueryClass.Simple, QueryAccess.Read,
        "SELECT id FROM mcp_documents.agents WHERE status = 'active' ORDER BY created_at DESC, id DESC LIMIT $1");

    private static readonly Query InsertQuery = new("agents.insert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.agents ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO NOTHING
        RETURNING {Columns}
        """);

    // The condition keeps updated_at, and the row itself, as they are when nothing changes.
    private const string UpdateOnConflict = """
        ON CONFLICT (id) DO UPDATE SET
            name = excluded.name, type = excluded.type, status = excluded.status,
            configuration = excluded.configuration, metadata = excluded.metadata, updated_at = excluded.updated_at
        WHERE (agents.name, agents.type, agents.status, agents.configuration, agents.metadata)
            IS DISTINCT FROM (excluded.name, excluded.type, excluded.status, excluded.configuration, excluded.metadata)
        """;

    // A row that this statement inserted has no older version: xmax is 0.
    private static readonly Query UpsertQuery = new("agents.upsert", QueryClass.Simple, QueryAccess.Write, $"""
        INSERT INTO mcp_documents.agents ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        {UpdateOnConflict}
        RETURNING {Columns}, xmax = 0 AS created
        """);

    // The row is locked before it is merged and measured: another patch of the same agent is part of both, or comes after. A patch that makes a document
    // smaller is taken at any size. The condition, as above, keeps a row as it is when nothing changes.
    private static readonly Query PatchQuery = new("agents.patch", QueryClass.Simple, QueryAccess.Write, $"""
        WITH locked AS (
            SELECT id, configuration AS old_configuration, metadata AS old_metadata,
                   mcp_documents.json_merge_patch(configuration, $5) AS configuration, mcp_documents.json_merge_patch(metadata, $6) AS metadata
            FROM mcp_documents.agents WHERE id = $1 FOR NO KEY UPDATE),
        merged AS (
            SELECT *, octet_length(configuration::text) + octet_length(metadata::text) > $8
                AND octet_length(configuration::text) + octet_length(metadata::text)
                    > octet_length(old_configuration::text) + octet_length(old_metadata::text) AS is_too_large
            FROM locked),
        patched AS (
            UPDATE mcp_documents.agents a SET
                name = coalesce($2, a.name), type = coalesce($3, a.type), status = coalesce($4, a.status),
                configuration = m.configuration, metadata = m.metadata, updated_at = $7
            FROM merged m
            WHERE a.id = m.id AND NOT m.is_too_large AND (a.name, a.type, a.status, a.configuration, a.metadata) IS DISTINCT FROM (
                coalesce($2, a.name), coalesce($3, a.type), coalesce($4, a.status), m.configuration, m.metadata)
            RETURNING a.*)
        SELECT p.id, p.name, p.type, p.status, p.configuration, p.metadata, p.created_at, p.updated_at, m.is_too_large
        FROM merged m LEFT JOIN patched p ON true
        """);

    private static readonly Query DeleteQuery = new("agents.delete", QueryClass.Simple, QueryAccess.Write, "DELETE FROM mcp_documents.agents WHERE id = $1");

    private static readonly BulkUpsert Batch = new(
        """
        CREATE TEMP TABLE IF NOT EXISTS agent_staging (
            id uuid, name text, type text, status text, configuration jsonb, metadata jsonb, created_at timestamptz, updated_at timestamptz)
        ON COMMIT DELETE ROWS
        """,
        $"COPY agent_staging ({Columns}) FROM STDIN (FORMAT binary)",
        new Query("agents.batch", QueryClass.Aggregate, QueryAccess.Write, $"""
            WITH merged AS (
                INSERT INTO mcp_documents.agents ({Columns}) SELECT {Columns} FROM agent_staging
                {UpdateOnConflict}
                RETURNING xmax = 0 AS created)
            SELECT count(*) FILTER (WHERE created)::int, count(*) FILTER (WHERE NOT created)::int FROM merged
            """));

    /// <summary>One page of agents, newest first.</summary>
    public IAsyncEnumerable<Agent> ListAsync(AgentFilter filter, CancellationToken cancellationToken) => filter.Events is { } events
        ? ListWithEventsAsync(filter, events, cancellationToken)
        : database.RowsAsync(Chosen(ListQuery, filter), Read, cancellationToken);

    /// <summary>One agent, or null.</summary>
    public Task<Agent?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id)], Read, cancellationToken);

    /// <summary>One agent, or null; its row is locked until the end of the current transaction.</summary>
    public Task<Agent?> LockAsync(Guid id, CancellationToken cancellationToken) => database.FirstAsync(LockQuery, [Sql.Uuids([id])], Read, cancellationToken);

    /// <summary>Those agents that there are, by id; their rows are locked until the end of the current transaction.</summary>
    public Task<List<Agent>> LockManyAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.ListAsync(LockQuery, [Sql.Uuids(ids)], Read, cancellationToken);

    /// <summary>The ids of active agents, the latest first.</summary>
    internal Task<List<Guid>> ActiveIdsAsync(int limit, CancellationToken cancellationToken) =>
        database.ListAsync(ActiveIdsQuery, [Sql.Int(limit)], row => row.GetGuid(0), cancellationToken);

    /// <summary>Those agents that there are.</summary>
    internal IAsyncEnumerable<Agent> GetManyAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.RowsAsync(GetManyQuery, [Sql.Uuids(ids)], Read, cancellationToken);

    /// <summary>Stores a new agent; returns it as it is stored, or null when its id is taken.</summary>
    public Task<Agent?> InsertAsync(Agent agent, CancellationToken cancellationToken) =>
        cache.InvalidateAfterAsync(database.FirstAsync(InsertQuery, Parameters(agent), Read, cancellationToken), row => row is not null, TagsOf(agent.Id));

    /// <summary>Stores an agent in place of what was there; returns it as it is now, and whether it is new.</summary>
    public Task<(Agent Agent, bool Created)> UpsertAsync(Agent agent, CancellationToken cancellationToken) => Upsert.StoreAsync(
        () => cache.InvalidateAfterAsync(
            database.ListAsync(UpsertQuery, Parameters(agent), row => (Read(row), row.GetBoolean(8)), cancellationToken), rows => rows.Count > 0, TagsOf(agent.Id)),
        () => GetAsync(agent.Id, cancellationToken));

    /// <summary>Changes what the patch names; returns the agent as it is now, or null when there is none.</summary>
    /// <exception cref="InputException">The patch would make the agent's documents too large.</exception>
    public async Task<Agent?> PatchAsync(Guid id, AgentPatch patch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters =
        [
            Sql.Uuid(id), Sql.Text(patch.Name), Sql.Text(patch.Type), Sql.Text(patch.Status is { } status ? EnumText<AgentStatus>.Of(status) : null),
            Sql.Json(patch.Configuration ?? default), Sql.Json(patch.Metadata ?? default), Sql.Time(now),
            Sql.Int(BodyLimits.Document),
        ];
        var written = database.FirstAsync(PatchQuery, parameters, row => MergeResult<Agent>.Read(row, Read, isTooLarge: 8), cancellationToken);
        var merged = await cache.InvalidateAfterAsync(written, merged => merged?.Changed is not null, TagsOf(id));
        merged?.ThrowIfTooLarge("configuration and metadata");
        return merged is null ? null : merged.Changed ?? await GetAsync(id, cancellationToken);
    }

    /// <summary>Deletes an agent; its events stay. False when there is none.</summary>
    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        await cache.InvalidateAfterAsync(database.ExecuteAsync(DeleteQuery, [Sql.Uuid(id)], cancellationToken), rows => rows == 1, TagsOf(id)) == 1;

    /// <summary>Stores many agents in place of what was there, all or none. Of agents with the same id the last one counts.</summary>
    public async Task<AgentBatchResult> UpsertManyAsync(IReadOnlyList<Agent> agents, CancellationToken cancellationToken)
    {
        // By id: two batches with the same agents lock them in the same order.
        var distinct = new SortedDictionary<Guid, Agent>();
        foreach (var agent in agents)
        {
            distinct[agent.Id] = agent;
        }

        var written = Batch.WriteAsync(database, [.. distinct.Values], WriteAsync, reader =>
        {
            var (created, updated) = (reader.GetInt32(0), reader.GetInt32(1));
            return new AgentBatchResult(distinct.Count, created, updated, distinct.Count - created - updated);
        }, cancellationToken);
        return await cache.InvalidateAfterAsync(
            written, result => result.Created + result.Updated > 0, [CacheTag.AgentLists, .. distinct.Keys.Select(CacheKey.AgentTag)]);
    }

    private static CacheTag[] TagsOf(Guid id) => [CacheTag.AgentLists, CacheKey.AgentTag(id)];

    private static NpgsqlParameter[] Parameters(Agent agent) =>
    [
        Sql.Uuid(agent.Id), Sql.Text(agent.Name), Sql.Text(agent.Type), Sql.Text(EnumText<AgentStatus>.Of(agent.Status)),
        Sql.Json(agent.Configuration), Sql.Json(agent.Metadata), Sql.Time(agent.CreatedAt), Sql.Time(agent.UpdatedAt),
    ];

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, Agent agent, CancellationToken cancellationToken)
    {
        await copy.WriteAsync(agent.Id, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(agent.Name, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(agent.Type, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(EnumText<AgentStatus>.Of(agent.Status), NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(agent.Configuration.Utf8, NpgsqlDbType.Jsonb, cancellationToken);
        await copy.WriteAsync(agent.Metadata.Utf8, NpgsqlDbType.Jsonb, cancellationToken);
        await copy.WriteAsync(agent.CreatedAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
        await copy.WriteAsync(agent.UpdatedAt.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
    }

    internal static Agent Read(NpgsqlDataReader row)
    {
        if (!EnumText<AgentStatus>.TryParse(row.GetString(3), out var status))
        {
            throw new InvalidDataException($"Agent {row.GetGuid(0)} has the unknown status '{row.GetString(3)}'.");
        }

        return new Agent
        {
            Id = row.GetGuid(0),
            Name = row.GetString(1),
            Type = row.GetString(2),
            Status = status,
            Configuration = row.GetJson(4),
            Metadata = row.GetJson(5),
            CreatedAt = row.GetTime(6),
            UpdatedAt = row.GetTime(7),
        };
    }

    private static Filter Chosen(FilteredQuery query, AgentFilter filter) => query.Filter()
        .When(StatusIs, filter.Status is { } status ? EnumText<AgentStatus>.Of(status) : null)
        .When(TypeIs, filter.Type)
        .When(After, filter.After)
        .Then(Sql.Int(filter.Limit));

    private async IAsyncEnumerable<Agent> ListWithEventsAsync(
        AgentFilter filter, IncludedEvents events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // An agent whose events are too large ends the statement, which would send the rest of them; the next one begins after that agent.
        for (var isCut = true; isCut && filter.Limit > 0;)
        {
            isCut = false;
            AgentWithEvents? current = null;
            await foreach (var (agent, e) in database.RowsAsync(Chosen(ListWithEventsQuery, filter).Then(Sql.Int(events.Limit)), ReadWithEvent, cancellationToken))
            {
                if (agent is not null)
                {
                    if (current is not null)
                    {
                        filter = filter with { Limit = filter.Limit - 1 };
                        yield return current.ToAgent();
                    }

                    current = new AgentWithEvents(agent, events.MaxBytes);
                }

                if (e is not null && !current!.TryAdd(e))
                {
                    isCut = true;
                    break;
                }
            }

            if (current is not null)
            {
                var last = current.ToAgent();
                filter = filter with { After = new TimeCursor(last.CreatedAt, last.Id), Limit = filter.Limit - 1 };
                yield return last;
            }
        }
    }

    private static (Agent? Agent, Event? Event) ReadWithEvent(NpgsqlDataReader row) =>
        (row.IsDBNull(4) ? null : Read(row), row.IsDBNull(8) ? null : EventStore.Read(row, 8));
}
