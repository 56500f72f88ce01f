using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Paging;
using StoryPortal.ServiceDefaults.Authentication;

namespace StoryPortal.DataLayer.ApiKeys;

/// <summary>API keys in Postgres, by their hash alone. What changes one stores the event that tells of it in the same statement.</summary>
public sealed class ApiKeyStore(StoryDatabase database) : IKeySource
{
    private const string Columns = "id, name, scopes, requests_per_minute, created_at, expires_at, revoked_at";
    private const int After = 0;

    private static readonly FilteredQuery ListQuery = new("api_keys.list", QueryClass.Simple,
        $"SELECT {Columns} FROM mcp_documents.api_keys {{where}} ORDER BY created_at DESC, id DESC LIMIT ?", "(created_at, id) < (?, ?)");

    private static readonly Query GetQuery = new("api_keys.get", QueryClass.Simple, QueryAccess.Read, $"SELECT {Columns} FROM mcp_documents.api_keys WHERE id = $1");

    private static readonly Query LockQuery = new("api_keys.lock", QueryClass.Simple, QueryAccess.Write, $"SELECT {Columns} FROM mcp_documents.api_keys WHERE id = $1 FOR UPDATE");

    private static readonly Query FindQuery = new("api_keys.find", QueryClass.Simple, QueryAccess.Read, $"""
        SELECT {Columns} FROM mcp_documents.api_keys
        WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        """);

    private static readonly Query InsertQuery = new("api_keys.insert", QueryClass.Simple, QueryAccess.Write, $"""
        WITH told AS ({EventStore.InsertSql(8)})
        INSERT INTO mcp_documents.api_keys (id, name, scopes, requests_per_minute, created_at, expires_at, key_hash) VALUES ($1, $2, $3, $4, $5, $6, $7)
        """);

    private static readonly Query RevokeQuery = new("api_keys.revoke", QueryClass.Simple, QueryAccess.Write, $"""
        WITH revoked AS (UPDATE mcp_documents.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING key_hash),
             told AS ({EventStore.InsertSql(2, "FROM revoked")})
        SELECT key_hash FROM revoked
        """);

    private static readonly Query RotateQuery = new("api_keys.rotate", QueryClass.Simple, QueryAccess.Write, $"""
        WITH old AS (
                 SELECT id, key_hash FROM mcp_documents.api_keys
                 WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR UPDATE),
             rotated AS (UPDATE mcp_documents.api_keys k SET key_hash = $2 FROM old WHERE k.id = old.id RETURNING old.key_hash),
             told AS ({EventStore.InsertSql(3, "FROM rotated")})
        SELECT key_hash FROM rotated
        """);

    /// <summary>One page of keys, newest first; revoked ones as well.</summary>
    public IAsyncEnumerable<ApiKey> ListAsync(TimeCursor? after, int limit, CancellationToken cancellationToken) =>
        database.RowsAsync(ListQuery.Filter().When(After, after).Then(Sql.Int(limit)), Read, cancellationToken);

    /// <summary>One key, or null.</summary>
    public Task<ApiKey?> GetAsync(Guid id, CancellationToken cancellationToken) => database.FirstAsync(GetQuery, [Sql.Uuid(id)], Read, cancellationToken);

    /// <summary>One key, or null; its row is locked until the end of the current transaction.</summary>
    public Task<ApiKey?> LockAsync(Guid id, CancellationToken cancellationToken) => database.FirstAsync(LockQuery, [Sql.Uuid(id)], Read, cancellationToken);

    /// <inheritdoc/>
    public async Task<ApiKeyIdentity?> FindAsync(KeyHash hash, CancellationToken cancellationToken) =>
        await database.FirstAsync(FindQuery, [Sql.Bytes(hash.ToArray())], Read, cancellationToken) is { } key
            ? new ApiKeyIdentity(key.Id, key.Name, key.Scopes, key.RequestsPerMinute, key.ExpiresAt)
            : null;

    /// <summary>Stores a new key, and the event that tells of it.</summary>
    public Task InsertAsync(ApiKey key, KeyHash hash, Event told, CancellationToken cancellationToken) => database.ExecuteAsync(
        InsertQuery,
        [
            Sql.Uuid(key.Id), Sql.Text(key.Name), Sql.Texts([.. key.Scopes.Select(EnumText<Scope>.Of)]), Sql.Int(key.RequestsPerMinute),
            Sql.Time(key.CreatedAt), Sql.Time(key.ExpiresAt), Sql.Bytes(hash.ToArray()), .. EventStore.Parameters(told),
        ],
        cancellationToken);

    /// <summary>Ends a key for good; one that has ended already stays as it is. Returns its hash, or null when there is no such key.</summary>
    public Task<KeyHash?> RevokeAsync(Guid id, Event told, CancellationToken cancellationToken) =>
        HashAsync(RevokeQuery, [Sql.Uuid(id), .. EventStore.Parameters(told)], cancellationToken);

    /// <summary>Puts a new secret in place of the old one. Returns the old one's hash, or null when there is no such key, or it is revoked or expired.</summary>
    public Task<KeyHash?> RotateAsync(Guid id, KeyHash hash, Event told, CancellationToken cancellationToken) =>
        HashAsync(RotateQuery, [Sql.Uuid(id), Sql.Bytes(hash.ToArray()), .. EventStore.Parameters(told)], cancellationToken);

    private async Task<KeyHash?> HashAsync(Query query, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        await database.FirstAsync(query, parameters, row => row.GetFieldValue<byte[]>(0), cancellationToken) is { } hash ? KeyHash.From(hash) : null;

    private static ApiKey Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Name = row.GetString(1),
        Scopes = [.. row.GetFieldValue<string[]>(2).Select(ScopeOf)],
        RequestsPerMinute = row.IsDBNull(3) ? null : row.GetInt32(3),
        CreatedAt = row.GetTime(4),
        ExpiresAt = row.GetTimeOrNull(5),
        RevokedAt = row.GetTimeOrNull(6),
    };

    private static Scope ScopeOf(string text) =>
        EnumText<Scope>.TryParse(text, out var scope) ? scope : throw new InvalidDataException($"A key has the unknown scope '{text}'.");
}
