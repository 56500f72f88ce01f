using System.Runtime.CompilerServices;
using Npgsql;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Agents;

/// <summary>Agents in Postgres. What a write changes is invalidated in every cache before it ends.</summary>
public sealed class AgentStore(StoryDatabase database, StoryCache cache)
{
    private const int StatusIs = 0;
    private const int TypeIs = 1;
    private const int OwnerIs = 2;
    private const int After = 3;

    private static readonly ColumnMap<Agent> Map = Agent.Map;
    private static readonly PatchStatement<Agent, AgentPatch> Patch = Map.Patch<AgentPatch>();

    private static readonly string[] Conditions = ["status = ?", "type = ?", "owner = ?", "(created_at, id) < (?, ?)"];

    private static readonly FilteredQuery ListQuery = new("agents.list", QueryClass.Simple,
        $"SELECT {Map.List} FROM mcp_documents.agents {{where}} ORDER BY created_at DESC, id DESC LIMIT ?", Conditions);

    // One statement for agents and their events: the page is cut first, then each of its agents reads its own few events from an index. Each event is a row,
    // so that no value has to hold all of them; an agent's documents come with its first event alone.
    private static readonly FilteredQuery ListWithEventsQuery = new("agents.list_with_events", QueryClass.Join, $$"""
        SELECT {{Map.ListOf("page", "coalesce(e.number, 1) = 1")}}, coalesce(e.number, 1) = 1 AS is_first, {{EventStore.ColumnsOf("e")}}
        FROM (SELECT {{Map.List}} FROM mcp_documents.agents {where} ORDER BY created_at DESC, id DESC LIMIT ?) page
        LEFT JOIN LATERAL (
            SELECT *, row_number() OVER () AS number
            FROM (SELECT {{EventStore.Columns}} FROM mcp_documents.events WHERE agent_id = page.id ORDER BY timestamp DESC, id DESC LIMIT ?) latest) e ON true
        ORDER BY page.created_at DESC, page.id DESC, e.number
        """, Conditions);

    private static readonly Query GetQuery = new("agents.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Map.List} FROM mcp_documents.agents WHERE id = $1");

    private static readonly Query LockQuery = new("agents.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Map.List} FROM mcp_documents.agents WHERE id = ANY($1) ORDER BY id FOR UPDATE");

    private static readonly Query GetManyQuery = new("agents.get_many", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Map.List} FROM mcp_documents.agents WHERE id = ANY($1)");

    private static readonly Query ActiveIdsQuery = new("agents.active_ids", QueryClass.Simple, QueryAccess.Read,
        "SELECT id FROM mcp_documents.agents WHERE status = 'active' ORDER BY created_at DESC, id DESC LIMIT $1");

    private static readonly Query InsertQuery = new("agents.insert", QueryClass.Simple, QueryAccess.Write,
        $"{Map.InsertInto} ON CONFLICT (id) DO NOTHING RETURNING {Map.List}");

    // A row that this statement inserted has no older version: xmax is 0.
    private static readonly Query UpsertQuery = new("agents.upsert", QueryClass.Simple, QueryAccess.Write,
        $"{Map.InsertInto} {Map.OnConflictUpdate} RETURNING {Map.List}, xmax = 0 AS created");

    private static readonly Query PatchQuery = new("agents.patch", QueryClass.Simple, QueryAccess.Write, Patch.Sql);

    private static readonly Query DeleteQuery = new("agents.delete", QueryClass.Simple, QueryAccess.Write, "DELETE FROM mcp_documents.agents WHERE id = $1");

    private static readonly BulkUpsert Batch = new(Map.CreateStaging, Map.CopyIntoStaging, new Query("agents.batch", QueryClass.Aggregate, QueryAccess.Write, $"""
        WITH merged AS (
            INSERT INTO {Map.Table} ({Map.List}) SELECT {Map.List} FROM {Map.Staging}
            {Map.OnConflictUpdate}
            RETURNING xmax = 0 AS created)
        SELECT count(*) FILTER (WHERE created)::int, count(*) FILTER (WHERE NOT created)::int FROM merged
        """));

    /// <summary>One page of agents, newest first.</summary>
    public IAsyncEnumerable<Agent> ListAsync(AgentFilter filter, CancellationToken cancellationToken) => filter.Events is { } events
        ? ListWithEventsAsync(filter, events, cancellationToken)
        : database.RowsAsync(Chosen(ListQuery, filter), Map.Read, cancellationToken);

    /// <summary>One agent, or null.</summary>
    public Task<Agent?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Uuid(id)], Map.Read, cancellationToken);

    /// <summary>One agent, or null; its row is locked until the end of the current transaction.</summary>
    public Task<Agent?> LockAsync(Guid id, CancellationToken cancellationToken) => database.FirstAsync(LockQuery, [Sql.Uuids([id])], Map.Read, cancellationToken);

    /// <summary>Those agents that there are, by id; their rows are locked until the end of the current transaction.</summary>
    public Task<List<Agent>> LockManyAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.ListAsync(LockQuery, [Sql.Uuids(ids)], Map.Read, cancellationToken);

    /// <summary>The ids of active agents, the latest first.</summary>
    internal Task<List<Guid>> ActiveIdsAsync(int limit, CancellationToken cancellationToken) =>
        database.ListAsync(ActiveIdsQuery, [Sql.Int(limit)], row => row.GetGuid(0), cancellationToken);

    /// <summary>Those agents that there are.</summary>
    internal IAsyncEnumerable<Agent> GetManyAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.RowsAsync(GetManyQuery, [Sql.Uuids(ids)], Map.Read, cancellationToken);

    /// <summary>Stores a new agent; returns it as it is stored, or null when its id is taken.</summary>
    public Task<Agent?> InsertAsync(Agent agent, CancellationToken cancellationToken) =>
        cache.InvalidateAfterAsync(database.FirstAsync(InsertQuery, Map.ToParameters(agent), Map.Read, cancellationToken), row => row is not null, TagsOf(agent.Id));

    /// <summary>Stores an agent in place of what was there; returns it as it is now, and whether it is new.</summary>
    public Task<(Agent Agent, bool Created)> UpsertAsync(Agent agent, CancellationToken cancellationToken) => Upsert.StoreAsync(
        () => cache.InvalidateAfterAsync(
            database.ListAsync(UpsertQuery, Map.ToParameters(agent), row => (Map.Read(row), row.GetBoolean(Map.Count)), cancellationToken), rows => rows.Count > 0, TagsOf(agent.Id)),
        () => GetAsync(agent.Id, cancellationToken));

    /// <summary>Changes what the patch names; returns the agent as it is now, or null when there is none.</summary>
    /// <exception cref="InputException">The patch would make the agent's documents too large.</exception>
    public async Task<Agent?> PatchAsync(Guid id, AgentPatch patch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var written = database.FirstAsync(PatchQuery, Patch.ToParameters(Sql.Uuid(id), patch, now), Patch.Read, cancellationToken);
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

        var written = Batch.WriteAsync(database, [.. distinct.Values], Map.WriteAsync, reader =>
        {
            var (created, updated) = (reader.GetInt32(0), reader.GetInt32(1));
            return new AgentBatchResult(distinct.Count, created, updated, distinct.Count - created - updated);
        }, cancellationToken);
        return await cache.InvalidateAfterAsync(
            written, result => result.Created + result.Updated > 0, [CacheTag.AgentLists, .. distinct.Keys.Select(CacheKey.AgentTag)]);
    }

    private static CacheTag[] TagsOf(Guid id) => [CacheTag.AgentLists, CacheKey.AgentTag(id)];

    private static Filter Chosen(FilteredQuery query, AgentFilter filter) => query.Filter()
        .When(StatusIs, filter.Status is { } status ? EnumText<AgentStatus>.Of(status) : null)
        .When(TypeIs, filter.Type)
        .When(OwnerIs, filter.Owner)
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
        (row.GetBoolean(Map.Count) ? Map.Read(row) : null, row.IsDBNull(Map.Count + 1) ? null : EventStore.Read(row, Map.Count + 1));
}
