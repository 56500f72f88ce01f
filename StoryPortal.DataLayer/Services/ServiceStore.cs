using System.IO.Hashing;
using System.Runtime.InteropServices;
using Npgsql;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.DataLayer.Services;

/// <summary>
/// The service registry in Postgres. Whatever a reader can see of a change is a step of the registry's index and an event, both committed with the
/// change; what nobody can see, such as a sign of life, is neither, and takes no turn.
/// </summary>
public sealed class ServiceStore(StoryDatabase database, StoryCache cache) : IServiceRegistry
{
    /// <summary>The list of services, as its cursors call it.</summary>
    public const string List = "services";

    /// <summary>Where it is read.</summary>
    internal const string Path = "/v1/services";

    private const int LayerIs = 0;
    private const int HasTag = 1;
    private const int VersionIs = 2;
    private const int StatusIs = 3;
    private const int After = 4;

    private const string InstanceColumns = "id, url, version, status, lease_seconds, health_url, metadata, registered_at";

    private const string ServiceColumns = "s.name, s.version, s.layer, s.description, s.tags, i.status, i.ids, i.urls, i.versions, i.statuses, i.leases, i.health_urls, i.metadata, i.registered";

    // One row for each service, its instances beside it as arrays: one round trip, and no service is told twice. They come sorted from the key.
    private const string Instances = """
        CROSS JOIN LATERAL (
            SELECT array_agg(id) AS ids, array_agg(url) AS urls, array_agg(version) AS versions, array_agg(status) AS statuses,
                   array_agg(lease_seconds) AS leases, array_agg(health_url) AS health_urls, array_agg(metadata::text) AS metadata,
                   array_agg(registered_at) AS registered,
                   CASE WHEN bool_and(status = 'passing') THEN 'passing' WHEN bool_or(status = 'passing') THEN 'warning' ELSE 'critical' END AS status
            FROM (SELECT * FROM mcp_documents.service_instances WHERE service_name = s.name ORDER BY service_name, id) instance) i
        """;

    // The end of every change: CTEs on top of "change (type, service_name, id, url, reason, actor)", which has no row when nobody can see anything.
    // The registry's row is named by its key here, and asked for by itself below: else the planner takes it for thousands, and compiles the statement.
    private const string Tell = """
        moved AS (
            UPDATE mcp_documents.service_registry SET index = index + 1 WHERE only_row AND EXISTS (SELECT 1 FROM change) RETURNING index),
        told AS (
            INSERT INTO mcp_documents.events (id, type, timestamp, payload, received_at)
            SELECT mcp_documents.uuid_v7(), c.type, now(), jsonb_strip_nulls(jsonb_build_object(
                'service', c.service_name, 'instance', c.id, 'url', c.url, 'reason', c.reason, 'actor', c.actor, 'index', (SELECT index FROM moved))), now()
            FROM change c)
        """;

    // When the lease of instance i ends. After an outage everybody has a whole lease to be heard again.
    private const string LeaseEnd = "greatest(i.last_heartbeat_at, (SELECT trusted_since FROM mcp_documents.service_registry WHERE only_row)) + i.lease_seconds * interval '1 second'";

    private static readonly FilteredQuery ListQuery = new("services.list", QueryClass.Join,
        $"SELECT {ServiceColumns} FROM mcp_documents.services s {Instances} {{where}} ORDER BY s.name LIMIT ?",
        "s.layer = ?", "s.tags @> ARRAY[?]", "s.version = ?", "i.status = ?", "s.name > ?");

    private static readonly Query GetQuery = new("services.get", QueryClass.Join,
        $"SELECT {ServiceColumns} FROM mcp_documents.services s {Instances} WHERE s.name = $1");

    // The index and what it stands for, from one snapshot.
    private static readonly Query SnapshotQuery = new("services.snapshot", QueryClass.Aggregate, $"""
        SELECT service.*, r.index FROM mcp_documents.service_registry r
        LEFT JOIN (SELECT {ServiceColumns} FROM mcp_documents.services s {Instances}) service ON true
        WHERE r.only_row
        ORDER BY service.name
        """);

    private static readonly Query TurnQuery = new("services.turn", QueryClass.Simple, "SELECT index FROM mcp_documents.service_registry WHERE only_row FOR UPDATE");

    private static readonly Query RenewQuery = new("services.renew", QueryClass.Simple, $"""
        UPDATE mcp_documents.service_instances SET last_heartbeat_at = now()
        WHERE service_name = $1 AND id = $2 AND registration = $3 AND NOT lease_missed
        RETURNING {InstanceColumns}
        """);

    private static readonly Query RegisterQuery = new("services.register", QueryClass.Join, $"""
        WITH before AS (
            SELECT * FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $6),
        service AS (
            INSERT INTO mcp_documents.services (name, version, layer, description, tags) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (name) DO UPDATE SET
                version = excluded.version, layer = excluded.layer, description = excluded.description, tags = excluded.tags, updated_at = now()
            WHERE (services.version, services.layer, services.description, services.tags)
                IS DISTINCT FROM (excluded.version, excluded.layer, excluded.description, excluded.tags)
            RETURNING 1),
        instance AS (
            INSERT INTO mcp_documents.service_instances AS i (service_name, id, url, version, lease_seconds, health_url, metadata, registration)
            VALUES ($1, $6, $7, $2, $8, $9, $10, $11)
            ON CONFLICT (service_name, id) DO UPDATE SET
                url = excluded.url, version = excluded.version, lease_seconds = excluded.lease_seconds, health_url = excluded.health_url,
                metadata = excluded.metadata, registration = excluded.registration, last_heartbeat_at = now(), lease_missed = false,
                health_failing = i.health_failing AND i.health_url IS NOT DISTINCT FROM excluded.health_url,
                health_failures = CASE WHEN i.health_url IS NOT DISTINCT FROM excluded.health_url THEN i.health_failures ELSE 0 END,
                health_due_at = CASE WHEN i.health_url IS NOT DISTINCT FROM excluded.health_url THEN i.health_due_at ELSE now() END
            RETURNING *),
        change AS (
            SELECT CASE WHEN b.id IS NULL THEN 'service.registered' ELSE 'service.changed' END AS type,
                   i.service_name, i.id, i.url, NULL::text AS reason, $12::text AS actor
            FROM instance i LEFT JOIN before b ON true
            WHERE b.id IS NULL OR EXISTS (SELECT 1 FROM service)
                OR (b.url, b.version, b.lease_seconds, b.health_url, b.metadata) IS DISTINCT FROM (i.url, i.version, i.lease_seconds, i.health_url, i.metadata)
            UNION ALL
            SELECT 'service.passing', i.service_name, i.id, i.url, 'registered again', $12::text
            FROM instance i JOIN before b ON b.status <> i.status),
        {Tell}
        SELECT {InstanceColumns}, (SELECT index FROM moved), NOT EXISTS (SELECT 1 FROM before) FROM instance
        """);

    private static readonly Query HeartbeatQuery = new("services.heartbeat", QueryClass.Simple, """
        UPDATE mcp_documents.service_instances SET last_heartbeat_at = now() WHERE service_name = $1 AND id = $2 AND NOT lease_missed
        """);

    private static readonly Query ReviveQuery = new("services.revive", QueryClass.Join, $"""
        WITH before AS (
            SELECT status FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2),
        instance AS (
            UPDATE mcp_documents.service_instances SET last_heartbeat_at = now(), lease_missed = false WHERE service_name = $1 AND id = $2
            RETURNING *),
        change AS (
            SELECT 'service.passing' AS type, i.service_name, i.id, i.url, 'heartbeat' AS reason, $3::text AS actor
            FROM instance i JOIN before b ON b.status <> i.status),
        {Tell}
        SELECT (SELECT index FROM moved) FROM instance
        """);

    private static readonly Query DeregisterQuery = new("services.deregister", QueryClass.Join, $"""
        WITH instance AS (
            DELETE FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2 RETURNING *),
        service AS (
            DELETE FROM mcp_documents.services s USING instance
            WHERE s.name = instance.service_name
                AND NOT EXISTS (SELECT 1 FROM mcp_documents.service_instances i WHERE i.service_name = s.name AND i.id <> instance.id)),
        change AS (
            SELECT 'service.removed' AS type, service_name, id, url, 'deregistered' AS reason, $3::text AS actor FROM instance),
        {Tell}
        SELECT (SELECT index FROM moved) FROM instance
        """);

    // Takes the turn. That nobody has judged for a while means that nobody could tell the registry anything either.
    private static readonly Query JudgeTurnQuery = new("services.judge_turn", QueryClass.Simple, """
        UPDATE mcp_documents.service_registry SET
            trusted_since = CASE WHEN judged_at < now() - interval '2 seconds' THEN now() ELSE trusted_since END, judged_at = greatest(judged_at, now())
        WHERE only_row
        RETURNING index
        """);

    private static readonly Query JudgeQuery = new("services.judge", QueryClass.Join, $"""
        WITH missed AS (
            UPDATE mcp_documents.service_instances i SET lease_missed = true
            WHERE NOT i.lease_missed AND {LeaseEnd} <= now()
            RETURNING i.*),
        gone AS (
            DELETE FROM mcp_documents.service_instances i
            WHERE i.lease_missed AND {LeaseEnd} + $1 <= now()
            RETURNING i.*),
        services AS (
            DELETE FROM mcp_documents.services s
            WHERE s.name IN (SELECT service_name FROM gone) AND NOT EXISTS (
                SELECT 1 FROM mcp_documents.service_instances i
                WHERE i.service_name = s.name AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.service_name = i.service_name AND gone.id = i.id))),
        change AS (
            SELECT 'service.critical' AS type, service_name, id, url, 'lease missed' AS reason, NULL::text AS actor FROM missed WHERE NOT health_failing
            UNION ALL
            SELECT 'service.removed', service_name, id, url, 'lease missed', NULL FROM gone),
        {Tell}
        SELECT (SELECT index FROM moved), index FROM mcp_documents.service_registry WHERE only_row
        """);

    // Whoever takes an instance asks it: the others find it due again an interval later.
    private static readonly Query DuePollsQuery = new("services.due_polls", QueryClass.Simple, """
        UPDATE mcp_documents.service_instances i SET health_due_at = now() + $1
        FROM (SELECT service_name, id FROM mcp_documents.service_instances
              WHERE health_url IS NOT NULL AND health_due_at <= now() ORDER BY health_due_at LIMIT $2 FOR UPDATE SKIP LOCKED) due
        WHERE i.service_name = due.service_name AND i.id = due.id
        RETURNING i.service_name, i.id, i.health_url, i.health_failures, i.health_failing
        """);

    private static readonly Query PolledQuery = new("services.polled", QueryClass.Join, $"""
        WITH before AS (
            SELECT status FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2),
        instance AS (
            UPDATE mcp_documents.service_instances SET
                health_failures = CASE WHEN $4 THEN 0 ELSE least(health_failures + 1, $5) END,
                health_failing = NOT $4 AND (health_failing OR health_failures + 1 >= $5)
            WHERE service_name = $1 AND id = $2 AND health_url = $3
            RETURNING *),
        change AS (
            SELECT 'service.' || i.status AS type, i.service_name, i.id, i.url, $6::text AS reason, NULL::text AS actor
            FROM instance i JOIN before b ON b.status <> i.status),
        {Tell}
        SELECT (SELECT index FROM moved) FROM instance
        """);

    /// <summary>Raised with the registry's index after this process has changed it.</summary>
    public event Action<long>? Changed;

    /// <summary>One page of services, by name.</summary>
    public Task<List<Service>> ListAsync(ServiceFilter filter, CancellationToken cancellationToken) =>
        database.ListAsync(
            ListQuery.Filter()
                .When(LayerIs, filter.Layer)
                .When(HasTag, filter.Tag)
                .When(VersionIs, filter.Version)
                .When(StatusIs, filter.Status is { } status ? EnumText<ServiceStatus>.Of(status) : null)
                .When(After, filter.After?.Name)
                .Then(Sql.Int(filter.Limit)),
            Read, cancellationToken);

    /// <summary>One service, or null.</summary>
    public Task<Service?> GetAsync(string name, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Text(name)], Read, cancellationToken);

    /// <summary>The whole registry, as it was when its index was what is told.</summary>
    public async Task<RegistryState> SnapshotAsync(CancellationToken cancellationToken)
    {
        var index = 0L;
        var services = await database.ListAsync(SnapshotQuery, [], row =>
        {
            index = row.GetInt64(14);
            return row.IsDBNull(0) ? null : Read(row);
        }, cancellationToken);
        return new RegistryState(index, [.. services.OfType<Service>()]);
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The registration is not valid.</exception>
    public Task RegisterAsync(string service, string instanceId, InstanceRegistration registration, CancellationToken cancellationToken)
    {
        var instance = new NewInstance(registration);
        var errors = new InputErrors();
        errors.CheckNames(service, instanceId);
        errors.Check(instance);
        errors.ThrowIfAny();
        return RegisterAsync(service, instanceId, instance, actor: null, cancellationToken);
    }

    /// <summary>Registers the instance, or renews its lease if it has said the same before.</summary>
    /// <param name="service">Its service.</param>
    /// <param name="instanceId">Its id.</param>
    /// <param name="instance">What it says of itself, checked.</param>
    /// <param name="actor">Who registers it, or null for a process of the system.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<RegisteredInstance> RegisterAsync(
        string service, string instanceId, NewInstance instance, string? actor, CancellationToken cancellationToken)
    {
        // Of what this instance said itself: another one of its service may say something else of the service, and neither changes it by going on.
        var hash = XxHash128.HashToUInt128(JsonBytes.Of(instance, StoryJson.Contracts.NewInstance));
        var registration = new Guid(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in hash)));
        NpgsqlParameter[] same = [Sql.Text(service), Sql.Text(instanceId), Sql.Uuid(registration)];
        if (await database.FirstAsync(RenewQuery, same, row => new RegisteredInstance(ReadInstance(row), null, false), cancellationToken) is { } renewed)
        {
            return renewed;
        }

        NpgsqlParameter[] parameters =
        [
            Sql.Text(service), Sql.Text(instance.Version), Sql.Text(instance.Layer), Sql.Text(instance.Description),
            Sql.Texts([.. (instance.Tags ?? []).Distinct(StringComparer.Ordinal)]), Sql.Text(instanceId), Sql.Text(instance.Url),
            Sql.Int(instance.LeaseSeconds ?? InstanceRules.DefaultLeaseSeconds), Sql.Text(instance.HealthUrl), Sql.Json(instance.Metadata),
            Sql.Uuid(registration), Sql.Text(actor),
        ];
        return (await ChangeAsync(TurnQuery, RegisterQuery, parameters, row => new RegisteredInstance(ReadInstance(row), row.GetLongOrNull(8), row.GetBoolean(9)), cancellationToken))!;
    }

    /// <summary>Renews the lease of an instance. Null when there is none: it has to register again.</summary>
    public async Task<RegistryChange?> HeartbeatAsync(string service, string instanceId, string? actor, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters = [Sql.Text(service), Sql.Text(instanceId)];
        return await database.ExecuteAsync(HeartbeatQuery, parameters, cancellationToken) == 1
            ? RegistryChange.None
            : await ChangeAsync(ReviveQuery, [Sql.Text(service), Sql.Text(instanceId), Sql.Text(actor)], cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeregisterAsync(string service, string instanceId, CancellationToken cancellationToken) =>
        DeregisterAsync(service, instanceId, actor: null, cancellationToken);

    /// <summary>Removes an instance, and its service with the last one. False when there is none.</summary>
    public async Task<bool> DeregisterAsync(string service, string instanceId, string? actor, CancellationToken cancellationToken) =>
        await ChangeAsync(DeregisterQuery, [Sql.Text(service), Sql.Text(instanceId), Sql.Text(actor)], cancellationToken) is not null;

    /// <summary>
    /// Makes critical whoever has missed its lease, and removes whoever has done so for <paramref name="removeAfter"/>. Several processes may ask,
    /// and the one that finds something tells all. Leases are judged by the time in which they could have been renewed: after a gap of more than
    /// two seconds, in which the database or every hub was away, each instance has a whole lease to be heard again.
    /// </summary>
    /// <returns>The registry's index, whoever moved it.</returns>
    public async Task<long> JudgeAsync(TimeSpan removeAfter, CancellationToken cancellationToken)
    {
        var judged = await ChangeAsync(
            JudgeTurnQuery, JudgeQuery, [Sql.Interval(removeAfter)], row => new Judgement(row.GetLongOrNull(0), row.GetInt64(1)), cancellationToken);
        return judged!.Index ?? judged.IndexBefore;
    }

    /// <summary>Takes up to <paramref name="limit"/> instances whose health is due. No other process gets them for <paramref name="interval"/>.</summary>
    public Task<List<HealthPoll>> DuePollsAsync(TimeSpan interval, int limit, CancellationToken cancellationToken) =>
        database.ListAsync(
            DuePollsQuery, [Sql.Interval(interval), Sql.Int(limit)],
            row => new HealthPoll(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4)), cancellationToken);

    /// <summary>Notes how a poll went; as many failures in a row as <paramref name="mostFailures"/> make the instance critical, a success ends that.</summary>
    /// <param name="poll">The poll.</param>
    /// <param name="failure">What went wrong, or null.</param>
    /// <param name="mostFailures">How many failures in a row make it critical.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PolledAsync(HealthPoll poll, string? failure, int mostFailures, CancellationToken cancellationToken)
    {
        var isNews = failure is null ? poll.Failures > 0 || poll.IsFailing : !poll.IsFailing;
        if (isNews)
        {
            NpgsqlParameter[] parameters =
            [
                Sql.Text(poll.Service), Sql.Text(poll.Instance), Sql.Text(poll.Url), Sql.Bool(failure is null), Sql.Int(mostFailures),
                Sql.Text(failure ?? "healthy"),
            ];
            await ChangeAsync(PolledQuery, parameters, cancellationToken);
        }
    }

    private Task<RegistryChange?> ChangeAsync(Query query, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        ChangeAsync(TurnQuery, query, parameters, row => new RegistryChange(row.GetLongOrNull(0)), cancellationToken);

    private async Task<T?> ChangeAsync<T>(
        Query turn, Query query, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) where T : RegistryChange
    {
        T? change;
        try
        {
            var written = database.FirstAsync(turn, query, parameters, read, cancellationToken);
            change = await cache.InvalidateAfterAsync(written, change => change?.Index is not null, CacheTag.Services);
        }
        catch (Exception exception) when (exception is not PostgresException)
        {
            await cache.AnnounceAsync(CacheNames.ServicesChanged); // perhaps: who keeps answers asks again
            throw;
        }

        if (change?.Index is { } index)
        {
            await cache.AnnounceAsync(CacheNames.ServicesChanged, index);
            Changed?.Invoke(index);
        }

        return change;
    }

    private static ServiceStatus StatusOf(string text) => EnumText<ServiceStatus>.TryParse(text, out var status) ? status : ServiceStatus.Critical;

    private static RawJson JsonOf(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private static ServiceInstance ReadInstance(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetStringOrNull(2), StatusOf(row.GetString(3)), row.GetInt32(4), row.GetStringOrNull(5), row.GetJson(6), row.GetTime(7));

    private static Service Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetStringOrNull(1), row.GetStringOrNull(2), row.GetStringOrNull(3), row.GetFieldValue<string[]>(4), StatusOf(row.GetString(5)),
        row.IsDBNull(6) ? [] : ReadInstances(row));

    private static ServiceInstance[] ReadInstances(NpgsqlDataReader row)
    {
        var ids = row.GetFieldValue<string[]>(6);
        var urls = row.GetFieldValue<string[]>(7);
        var versions = row.GetFieldValue<string?[]>(8);
        var statuses = row.GetFieldValue<string[]>(9);
        var leases = row.GetFieldValue<int[]>(10);
        var healthUrls = row.GetFieldValue<string?[]>(11);
        var metadata = row.GetFieldValue<string[]>(12);
        var registered = row.GetFieldValue<DateTime[]>(13);
        return [.. ids.Select((id, i) => new ServiceInstance(
            id, urls[i], versions[i], StatusOf(statuses[i]), leases[i], healthUrls[i], JsonOf(metadata[i]), registered[i]))];
    }

    private sealed record Judgement(long? Index, long IndexBefore) : RegistryChange(Index);
}
