using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;

namespace StoryPortal.DataLayer.Services;

/// <summary>
/// Owners of service names in Postgres, as administrators read and change them. A change stores its audit event in the same statement.
/// </summary>
public sealed class ServiceOwnerStore(StoryDatabase database)
{
    internal const string Columns = "owner_id, owner_name, since";

    private static readonly Query GetQuery = new("service_owners.get", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {Columns} FROM mcp_documents.service_owners WHERE service_name = $1");

    private static readonly Query LockQuery = new("service_owners.lock", QueryClass.Simple, QueryAccess.Write,
        $"SELECT {Columns} FROM mcp_documents.service_owners WHERE service_name = $1 FOR UPDATE");

    // A name may get an owner before a service registers under it.
    private static readonly Query SetQuery = new("service_owners.set", QueryClass.Simple, QueryAccess.Write, $"""
        WITH before AS (
            SELECT 1 FROM mcp_documents.service_owners WHERE service_name = $1),
        owner AS (
            INSERT INTO mcp_documents.service_owners AS o (service_name, owner_id, owner_name, idle_since)
            VALUES ($1, $2, $3, CASE WHEN NOT EXISTS (SELECT 1 FROM mcp_documents.services WHERE name = $1) THEN now() END)
            ON CONFLICT (service_name) DO UPDATE SET
                owner_id = excluded.owner_id, owner_name = excluded.owner_name, -- registrations maintain idle_since
                since = CASE WHEN o.owner_id = excluded.owner_id THEN o.since ELSE now() END
            RETURNING {Columns}),
        audit AS ({EventStore.InsertSql(4)})
        SELECT {Columns}, NOT EXISTS (SELECT 1 FROM before) FROM owner
        """);

    private static readonly Query DeleteQuery = new("service_owners.delete", QueryClass.Simple, QueryAccess.Write, $"""
        WITH owner AS (
            DELETE FROM mcp_documents.service_owners WHERE service_name = $1 RETURNING {Columns}),
        audit AS ({EventStore.InsertSql(2, "FROM owner")})
        SELECT {Columns} FROM owner
        """);

    /// <summary>The owner of a service name, or null.</summary>
    public Task<ServiceOwner?> GetAsync(string service, CancellationToken cancellationToken) =>
        database.FirstAsync(GetQuery, [Sql.Text(service)], Read, cancellationToken);

    /// <summary>The owner of a service name, or null; its row is locked until the end of the current transaction.</summary>
    public Task<ServiceOwner?> LockAsync(string service, CancellationToken cancellationToken) =>
        database.FirstAsync(LockQuery, [Sql.Text(service)], Read, cancellationToken);

    /// <summary>Sets the owner; returns it, and whether the name had none.</summary>
    public async Task<(ServiceOwner Owner, bool Created)> SetAsync(
        string service, string id, string name, Event audit, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters = [Sql.Text(service), Sql.Text(id), Sql.Text(name), .. EventStore.Parameters(audit)];
        return (await database.ListAsync(SetQuery, parameters, row => (Read(row), row.GetBoolean(3)), cancellationToken)).Single();
    }

    /// <summary>Releases a name: the next caller that registers the service owns it. False when it has no owner.</summary>
    public async Task<bool> DeleteAsync(string service, Event audit, CancellationToken cancellationToken) =>
        await database.FirstAsync(DeleteQuery, [Sql.Text(service), .. EventStore.Parameters(audit)], Read, cancellationToken) is not null;

    internal static ServiceOwner Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetTime(2));
}
