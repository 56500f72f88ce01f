using System.IO.Hashing;
using System.Runtime.InteropServices;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.DataLayer.Services;

/// <summary>Services and their instances in Postgres: who is there, who comes and who goes.</summary>
public sealed class ServiceStore(StoryDatabase database, RegistryWriter writer) : IServiceRegistry
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

    private static readonly FilteredQuery ListQuery = new("services.list", QueryClass.Join,
        $"SELECT {ServiceColumns} FROM mcp_documents.services s {Instances} {{where}} ORDER BY s.name LIMIT ?",
        "s.layer = ?", "s.tags @> ARRAY[?]", "s.version = ?", "i.status = ?", "s.name > ?");

    private static readonly Query GetQuery = new("services.get", QueryClass.Join, QueryAccess.Read,
        $"SELECT {ServiceColumns} FROM mcp_documents.services s {Instances} WHERE s.name = $1");

    // The index and what it stands for, from one snapshot.
    private static readonly Query SnapshotQuery = new("services.snapshot", QueryClass.Aggregate, QueryAccess.Read, $"""
        SELECT service.*, r.index FROM mcp_documents.service_registry r
        LEFT JOIN (SELECT {ServiceColumns} FROM mcp_documents.services s {Instances}) service ON true
        WHERE r.only_row
        ORDER BY service.name
        """);

    private static readonly Query GetInstanceQuery = new("services.get_instance", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {InstanceColumns} FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2");

    private static readonly Query RenewQuery = new("services.renew", QueryClass.Simple, QueryAccess.Write, $"""
        UPDATE mcp_documents.service_instances SET last_heartbeat_at = now()
        WHERE service_name = $1 AND id = $2 AND registration = $3 AND NOT lease_missed
            AND ($5 OR EXISTS (SELECT 1 FROM mcp_documents.service_owners WHERE service_name = $1 AND owner_id = $4))
        RETURNING {InstanceColumns}
        """);

    // The owner of the service $1 and, of the owner or else the caller $3, live services and instances, counted up to $4 and $5.
    private static readonly Query CheckQuery = new("services.check", QueryClass.Join, QueryAccess.Read, $"""
        SELECT known.owner_id, known.owner_name,
            EXISTS (SELECT 1 FROM mcp_documents.services WHERE name = $1),
            EXISTS (SELECT 1 FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2),
            {ServicesOf("coalesce(known.owner_id, $3)", "$4")}::int, {InstancesOf("coalesce(known.owner_id, $3)", "$5")}::int
        FROM (SELECT) one LEFT JOIN mcp_documents.service_owners known ON known.service_name = $1
        """);

    private static readonly Query RegisterQuery = new("services.register", QueryClass.Join, QueryAccess.Write, $"""
        WITH before AS (
            SELECT * FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $6),
        owner AS (
            SELECT coalesce((SELECT owner_id FROM mcp_documents.service_owners WHERE service_name = $1), $13::text) AS id,
                EXISTS (SELECT 1 FROM mcp_documents.services WHERE name = $1) AS has_service),
        permitted AS (
            SELECT id, has_service FROM owner
            WHERE ($15::boolean OR owner.id = $13)
                AND (EXISTS (SELECT 1 FROM before) OR owner.id = '{RegistryCaller.System.Id}' OR
                    ((has_service OR {ServicesOf("owner.id", "$16::int")} < $16) AND {InstancesOf("owner.id", "$17::int")} < $17))),
        owned AS (
            INSERT INTO mcp_documents.service_owners AS o (service_name, owner_id, owner_name) SELECT $1, $13, $14::text FROM permitted
            ON CONFLICT (service_name) DO UPDATE SET idle_since = NULL WHERE o.idle_since IS NOT NULL),
        released AS (
            DELETE FROM mcp_documents.service_owners WHERE service_name IN (
                SELECT o.service_name FROM mcp_documents.service_owners o
                JOIN permitted ON o.owner_id = permitted.id AND NOT permitted.has_service
                WHERE o.idle_since IS NOT NULL AND o.service_name <> $1
                ORDER BY o.idle_since DESC OFFSET (SELECT greatest($16 - 1 - {ServicesOf("owner.id", "$16")}, 0) FROM owner))),
        service AS (
            INSERT INTO mcp_documents.services (name, version, layer, description, tags)
            SELECT $1, $2::text, $3::text, $4::text, coalesce($5, ARRAY[]::text[]) FROM permitted
            ON CONFLICT (name) DO UPDATE SET
                version = coalesce($2, services.version), layer = coalesce($3, services.layer),
                description = coalesce($4, services.description), tags = coalesce($5, services.tags), updated_at = now()
            WHERE (services.version, services.layer, services.description, services.tags) IS DISTINCT FROM
                (coalesce($2, services.version), coalesce($3, services.layer), coalesce($4, services.description), coalesce($5, services.tags))
            RETURNING 1),
        instance AS (
            INSERT INTO mcp_documents.service_instances AS i (service_name, id, url, version, lease_seconds, health_url, metadata, registration)
            SELECT $1, $6, $7::text, $2::text, $8::int, $9::text, $10::jsonb, $11::uuid FROM permitted
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
        {RegistryWriter.Tell}
        SELECT {InstanceColumns}, (SELECT index FROM moved), NOT EXISTS (SELECT 1 FROM before) FROM instance
        """);

    private static readonly Query DeregisterQuery = new("services.deregister", QueryClass.Join, QueryAccess.Write, $"""
        WITH instance AS (
            DELETE FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2 AND {RegistryWriter.IsPermitted} RETURNING *),
        service AS (
            DELETE FROM mcp_documents.services s USING instance
            WHERE s.name = instance.service_name
                AND NOT EXISTS (SELECT 1 FROM mcp_documents.service_instances i WHERE i.service_name = s.name AND i.id <> instance.id)),
        change AS (
            SELECT 'service.removed' AS type, service_name, id, url, 'deregistered' AS reason, $5::text AS actor FROM instance),
        {RegistryWriter.Tell}
        SELECT (SELECT index FROM moved) FROM instance
        """);

    /// <summary>One page of services, by name.</summary>
    public IAsyncEnumerable<Service> ListAsync(ServiceFilter filter, CancellationToken cancellationToken) =>
        database.RowsAsync(
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

    /// <summary>One instance, or null.</summary>
    public Task<ServiceInstance?> GetInstanceAsync(string service, string instanceId, CancellationToken cancellationToken) =>
        database.FirstAsync(GetInstanceQuery, [Sql.Text(service), Sql.Text(instanceId)], ReadInstance, cancellationToken);

    /// <summary>One instance, or null; every other change of the registry waits until the end of the current transaction.</summary>
    public async Task<ServiceInstance?> LockInstanceAsync(string service, string instanceId, CancellationToken cancellationToken)
    {
        await writer.LockAsync(cancellationToken); // its row first, as every change does: two that lock in another order would wait for each other
        return await GetInstanceAsync(service, instanceId, cancellationToken);
    }

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
        return RegisterAsync(service, instanceId, instance, RegistryCaller.System, OwnerLimits.None, cancellationToken);
    }

    /// <summary>Registers the instance, or renews its lease if it has said the same before.</summary>
    /// <param name="service">Its service.</param>
    /// <param name="instanceId">Its id.</param>
    /// <param name="instance">What it says of itself, checked.</param>
    /// <param name="caller">The caller, who owns the service unless it has an owner.</param>
    /// <param name="limits">The bounds of what the owner of the service has in the registry.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="InputException">
    /// 403: the service belongs to another caller; 409: its owner has as much as the limits permit.
    /// </exception>
    public async Task<RegisteredInstance> RegisterAsync(
        string service, string instanceId, NewInstance instance, RegistryCaller caller, OwnerLimits limits,
        CancellationToken cancellationToken)
    {
        caller.CheckName(service);

        // Of what this instance said itself: another one of its service may say something else of the service, and neither changes it by going on.
        var hash = XxHash128.HashToUInt128(JsonBytes.Of(instance with { Id = null, Status = null, RegisteredAt = null }, StoryJson.Contracts.NewInstance));
        var registration = new Guid(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in hash)));
        NpgsqlParameter[] same =
            [Sql.Text(service), Sql.Text(instanceId), Sql.Uuid(registration), Sql.Text(caller.Id), Sql.Bool(caller.IsAdmin)];
        if (await database.FirstAsync(RenewQuery, same, row => new RegisteredInstance(ReadInstance(row), null, false), cancellationToken) is { } renewed)
        {
            return renewed;
        }

        NpgsqlParameter[] parameters =
        [
            Sql.Text(service), Sql.Text(instance.Version), Sql.Text(instance.Layer), Sql.Text(instance.Description),
            Sql.Texts(instance.Tags?.Distinct(StringComparer.Ordinal).ToArray()), Sql.Text(instanceId), Sql.Text(instance.Url),
            Sql.Int(instance.LeaseSeconds ?? InstanceRules.DefaultLeaseSeconds), Sql.Text(instance.HealthUrl), Sql.Json(instance.Metadata),
            Sql.Uuid(registration), Sql.Text(caller.Actor), Sql.Text(caller.Id), Sql.Text(caller.Name), Sql.Bool(caller.IsAdmin),
            Sql.Int(limits.Services), Sql.Int(limits.Instances),
        ];

        // The check runs before the lock, so that refused requests do not wait for it, and again within the lock.
        await CheckAsync(service, instanceId, caller, limits, cancellationToken);
        var registered = await writer.ChangeAsync(
            RegisterQuery, parameters,
            row => new RegisteredInstance(ReadInstance(row), row.GetLongOrNull(8), row.GetBoolean(9)), cancellationToken);
        if (registered is not null)
        {
            return registered;
        }

        await CheckAsync(service, instanceId, caller, limits, cancellationToken);
        throw new InputException(
            "name", "was changed by another request while this one was checked. Send it again.", StatusCodes.Status409Conflict);
    }

    /// <inheritdoc/>
    public Task DeregisterAsync(string service, string instanceId, CancellationToken cancellationToken) =>
        DeregisterAsync(service, instanceId, RegistryCaller.System, cancellationToken);

    /// <summary>Removes an instance, and its service with the last one. False when there is none.</summary>
    /// <exception cref="InputException">403: the service belongs to another caller.</exception>
    public async Task<bool> DeregisterAsync(string service, string instanceId, RegistryCaller caller, CancellationToken cancellationToken)
    {
        caller.CheckName(service);
        await writer.CheckOwnerAsync(service, caller, cancellationToken);
        NpgsqlParameter[] parameters =
            [Sql.Text(service), Sql.Text(instanceId), Sql.Text(caller.Id), Sql.Bool(caller.IsAdmin), Sql.Text(caller.Actor)];
        return await writer.ChangeAsync(DeregisterQuery, parameters, cancellationToken) is not null;
    }

    private static string ServicesOf(string owner, string max) => $"""
        (SELECT count(*) FROM (
            SELECT 1 FROM mcp_documents.service_owners WHERE owner_id = {owner} AND idle_since IS NULL LIMIT {max}) live)
        """;

    private static string InstancesOf(string owner, string max) => $"""
        (SELECT count(*) FROM (
            SELECT 1 FROM mcp_documents.service_owners mine
            JOIN mcp_documents.service_instances its ON its.service_name = mine.service_name
            WHERE mine.owner_id = {owner} LIMIT {max}) running)
        """;

    private async Task CheckAsync(
        string service, string instanceId, RegistryCaller caller, OwnerLimits limits, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters =
            [Sql.Text(service), Sql.Text(instanceId), Sql.Text(caller.Id), Sql.Int(limits.Services), Sql.Int(limits.Instances)];
        var (owner, name, hasService, hasInstance, services, instances) = (await database.ListAsync(
            CheckQuery, parameters,
            row => (row.GetStringOrNull(0), row.GetStringOrNull(1), row.GetBoolean(2), row.GetBoolean(3), row.GetInt32(4), row.GetInt32(5)),
            cancellationToken)).Single();
        RegistryWriter.CheckOwner(service, owner, caller);

        var reached = hasInstance || (owner ?? caller.Id) == RegistryCaller.System.Id ? null
            : instances >= limits.Instances ? $"{instances} instances (Registry:MaxInstancesPerOwner)"
            : !hasService && services >= limits.Services ? $"{services} services (Registry:MaxServicesPerOwner)"
            : null;
        if (reached is not null)
        {
            var who = owner is null || owner == caller.Id ? "This key" : $"The owner '{name}'"; // administrators alone get here for another
            throw new InputException(
                "name",
                $"{who} has reached the maximum of one owner in the registry: {reached}. Remove some first.",
                StatusCodes.Status409Conflict);
        }
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
}
