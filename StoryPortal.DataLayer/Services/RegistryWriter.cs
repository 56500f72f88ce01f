using Npgsql;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.Caching;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.DataLayer.Services;

/// <summary>
/// Changes the service registry. Whatever a reader can see of a change is a step of the registry's index and an event, both committed with the
/// change; what nobody can see, such as a sign of life, is neither, and takes no turn.
/// </summary>
public sealed class RegistryWriter(StoryDatabase database, StoryCache cache)
{
    /// <summary>The end of every change: CTEs on top of "change (type, service_name, id, url, reason, actor)", which has no row when nobody can see anything.</summary>
    // The registry's row is named by its key here, and asked for by itself below: else the planner takes it for thousands, and compiles the statement.
    internal const string Tell = """
        moved AS (
            UPDATE mcp_documents.service_registry SET index = index + 1 WHERE only_row AND EXISTS (SELECT 1 FROM change) RETURNING index),
        told AS (
            INSERT INTO mcp_documents.events (id, type, timestamp, payload, received_at, is_system)
            SELECT mcp_documents.uuid_v7(), c.type, now(), jsonb_strip_nulls(jsonb_build_object(
                'service', c.service_name, 'instance', c.id, 'url', c.url, 'reason', c.reason, 'actor', c.actor,
                'index', (SELECT index FROM moved))), now(), true
            FROM change c)
        """;

    /// <summary>
    /// Whether the caller with the id $3 may change the service $1: as its owner, while it has none, or ($4) with the scope admin.
    /// </summary>
    internal const string IsPermitted =
        "($4 OR NOT EXISTS (SELECT 1 FROM mcp_documents.service_owners WHERE service_name = $1 AND owner_id <> $3))";

    private static readonly Query OwnerQuery = new("services.owner", QueryClass.Simple, QueryAccess.Read,
        "SELECT owner_id FROM mcp_documents.service_owners WHERE service_name = $1");

    private static readonly Query TurnQuery = new("services.turn", QueryClass.Simple, QueryAccess.Write, "SELECT index FROM mcp_documents.service_registry WHERE only_row FOR UPDATE");

    /// <summary>Raised with the registry's index after this process has changed it.</summary>
    public event Action<long>? Changed;

    /// <summary>A change that answers with the registry's index after it, or with null where nobody can see it; null when it found no instance.</summary>
    internal Task<RegistryChange?> ChangeAsync(Query query, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        ChangeAsync(query, parameters, row => new RegistryChange(row.GetLongOrNull(0)), cancellationToken);

    /// <summary>A change that answers with more than that.</summary>
    internal Task<T?> ChangeAsync<T>(Query query, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : RegistryChange => ChangeAsync(TurnQuery, query, parameters, read, cancellationToken);

    /// <summary>A change whose <paramref name="turn"/> is one of its own.</summary>
    internal async Task<T?> ChangeAsync<T>(
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
            // The write may have happened. In this order: a gateway that receives the message finds no version of its cached responses.
            await cache.DoubtAsync(CacheTag.Services);
            await cache.AnnounceAsync(CacheNames.ServicesChanged);
            throw;
        }

        if (change?.Index is { } index)
        {
            await StoryTransaction.AfterCommitAsync(() => PublishAsync(index));
        }

        return change;
    }

    /// <summary>Keeps every other change of the registry waiting until the current transaction ends.</summary>
    internal Task LockAsync(CancellationToken cancellationToken) => database.ListAsync(TurnQuery, [], row => row.GetInt64(0), cancellationToken);

    /// <summary>Checks, without a lock, that the caller may change the service.</summary>
    /// <exception cref="InputException">403: the service belongs to another caller.</exception>
    internal async Task CheckOwnerAsync(string service, RegistryCaller caller, CancellationToken cancellationToken)
    {
        if (!caller.IsAdmin)
        {
            var owner = await database.FirstAsync(OwnerQuery, [Sql.Text(service)], row => row.GetString(0), cancellationToken);
            CheckOwner(service, owner, caller);
        }
    }

    /// <summary>Checks that the caller may change a service with this owner; null: with none.</summary>
    /// <exception cref="InputException">403: the service belongs to another caller.</exception>
    internal static void CheckOwner(string service, string? owner, RegistryCaller caller)
    {
        if (owner is not null && owner != caller.Id && !caller.IsAdmin)
        {
            throw new InputException(
                "name",
                $"'{service}' belongs to another key. Take another name, or ask an administrator to hand it over "
                + $"(PUT /v1/admin/services/{service}/owner).",
                StatusCodes.Status403Forbidden);
        }
    }

    private async Task PublishAsync(long index)
    {
        await cache.AnnounceAsync(CacheNames.ServicesChanged, index);
        Changed?.Invoke(index);
    }
}
