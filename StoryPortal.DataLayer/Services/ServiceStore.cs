using Npgsql;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceDefaults.Registration;

namespace StoryPortal.DataLayer.Services;

/// <summary>The service registry in Postgres.</summary>
public sealed class ServiceStore(StoryDatabase database, StoryCache cache) : IServiceRegistry
{
    /// <summary>The list of services, as its cursors call it.</summary>
    public const string List = "services";

    /// <summary>Where it is read.</summary>
    internal const string Path = "/v1/services";

    private const int DefaultLeaseSeconds = 30;
    private const int LongestLeaseSeconds = 86_400;

    private const int LayerIs = 0;
    private const int HasTag = 1;
    private const int VersionIs = 2;
    private const int StatusIs = 3;
    private const int After = 4;

    // One row for each service, its instances beside it as arrays: one round trip, and no service is told twice.
    private const string WithInstances = """
        SELECT s.name, s.version, s.layer, s.description, s.tags, i.status, i.ids, i.urls, i.versions, i.alive, i.leases, i.registered
        FROM mcp_documents.services s
        CROSS JOIN LATERAL (
            SELECT array_agg(id ORDER BY id) AS ids, array_agg(url ORDER BY id) AS urls, array_agg(version ORDER BY id) AS versions,
                   array_agg(alive ORDER BY id) AS alive, array_agg(lease_seconds ORDER BY id) AS leases,
                   array_agg(registered_at ORDER BY id) AS registered,
                   CASE WHEN bool_and(alive) THEN 'passing' WHEN bool_or(alive) THEN 'warning' ELSE 'critical' END AS status
            FROM (SELECT *, last_heartbeat_at + lease_seconds * interval '1 second' > now() AS alive
                  FROM mcp_documents.service_instances WHERE service_name = s.name) instance) i
        """;

    private static readonly FilteredQuery ListQuery = new("services.list", QueryClass.Join,
        $"{WithInstances} {{where}} ORDER BY s.name LIMIT ?",
        "s.layer = ?", "s.tags @> ARRAY[?]", "s.version = ?", "i.status = ?", "s.name > ?");

    private static readonly Query GetQuery = new("services.get", QueryClass.Join, $"{WithInstances} WHERE s.name = $1");

    // Answers with the number of rows in which a reader of the registry sees a change: a sign of life alone is none.
    private static readonly Query RegisterQuery = new("services.register", QueryClass.Join, """
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
            INSERT INTO mcp_documents.service_instances (service_name, id, url, version, lease_seconds) VALUES ($1, $6, $7, $2, $8)
            ON CONFLICT (service_name, id) DO UPDATE SET
                url = excluded.url, version = excluded.version, lease_seconds = excluded.lease_seconds, last_heartbeat_at = now(), status = 'passing'
            RETURNING url, version, lease_seconds)
        SELECT ((SELECT count(*) FROM service)
            + (SELECT count(*) FROM instance WHERE NOT EXISTS (
                SELECT 1 FROM before
                WHERE (before.url, before.version, before.lease_seconds) IS NOT DISTINCT FROM (instance.url, instance.version, instance.lease_seconds)
                    AND before.status = 'passing' AND before.last_heartbeat_at + before.lease_seconds * interval '1 second' > now())))::int
        """);

    private static readonly Query ExpireQuery = new("services.expire", QueryClass.Simple, """
        UPDATE mcp_documents.service_instances SET status = 'critical'
        WHERE status = 'passing' AND last_heartbeat_at + lease_seconds * interval '1 second' <= now()
        """);

    private static readonly Query DeregisterQuery = new("services.deregister", QueryClass.Simple,
        "DELETE FROM mcp_documents.service_instances WHERE service_name = $1 AND id = $2");

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

    /// <inheritdoc/>
    /// <exception cref="InputException">The registration is not valid.</exception>
    public async Task RegisterAsync(string service, string instanceId, InstanceRegistration registration, CancellationToken cancellationToken)
    {
        var errors = new InputErrors();
        var lease = registration.LeaseSeconds ?? DefaultLeaseSeconds;
        if (lease is < 1 or > LongestLeaseSeconds)
        {
            errors.Add("lease_seconds", $"is {lease}; 1 to {LongestLeaseSeconds} are taken.");
        }

        if (!Uri.TryCreate(registration.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            errors.Add("url", "is not an absolute http or https address.");
        }

        var parameters = new[]
        {
            Sql.Text(errors.Required("name", service, 200)),
            Sql.Text(errors.Optional("version", registration.Version, 100)),
            Sql.Text(errors.Optional("layer", registration.Layer, 100)),
            Sql.Text(errors.Optional("description", registration.Description, 2000)),
            Sql.Texts(Tags(errors, registration.Tags)),
            Sql.Text(errors.Required("id", instanceId, 200)),
            Sql.Text(errors.Optional("url", registration.Url, 2000)),
            Sql.Int(lease),
        };
        errors.ThrowIfAny();
        await AnnounceAsync(database.NumberAsync(RegisterQuery, parameters, cancellationToken));
    }

    /// <inheritdoc/>
    public Task DeregisterAsync(string service, string instanceId, CancellationToken cancellationToken) =>
        AnnounceAsync(database.ExecuteAsync(DeregisterQuery, [Sql.Text(service), Sql.Text(instanceId)], cancellationToken));

    /// <summary>
    /// Notes which instances have missed their lease since it was last asked. What is read tells so by itself, but what is cached does not: several
    /// processes may ask, and the one that finds something invalidates it for all.
    /// </summary>
    public Task ExpireAsync(CancellationToken cancellationToken) => AnnounceAsync(database.ExecuteAsync(ExpireQuery, [], cancellationToken));

    private async Task AnnounceAsync(Task<int> write)
    {
        if (await cache.InvalidateAfterAsync(write, rows => rows > 0, CacheTag.Services) > 0)
        {
            await cache.AnnounceAsync(CacheNames.ServicesChanged);
        }
    }

    private static string[] Tags(InputErrors errors, IReadOnlyList<string>? tags)
    {
        if (tags?.Count > 50)
        {
            errors.Add("tags", $"has {tags.Count} tags; at most 50 are taken.");
            return [];
        }

        return [.. (tags ?? []).Select((tag, i) => errors.Required($"tags[{i}]", tag, 100)).Distinct(StringComparer.Ordinal)];
    }

    private static Service Read(NpgsqlDataReader row)
    {
        _ = EnumText<ServiceStatus>.TryParse(row.GetString(5), out var status);
        return new Service(
            row.GetString(0), row.GetStringOrNull(1), row.GetStringOrNull(2), row.GetStringOrNull(3), row.GetFieldValue<string[]>(4), status,
            row.IsDBNull(6) ? [] : ReadInstances(row));
    }

    private static ServiceInstance[] ReadInstances(NpgsqlDataReader row)
    {
        var ids = row.GetFieldValue<string[]>(6);
        var urls = row.GetFieldValue<string[]>(7);
        var versions = row.GetFieldValue<string?[]>(8);
        var alive = row.GetFieldValue<bool[]>(9);
        var leases = row.GetFieldValue<int[]>(10);
        var registered = row.GetFieldValue<DateTime[]>(11);
        return [.. ids.Select((id, i) => new ServiceInstance(
            id, urls[i], versions[i], alive[i] ? ServiceStatus.Passing : ServiceStatus.Critical, leases[i], registered[i]))];
    }
}
