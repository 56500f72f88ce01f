using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Idempotency;

/// <summary>Answers to requests that are done once, kept for a day, each committed together with what its request wrote.</summary>
public sealed class IdempotencyStore(StoryDatabase database, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // Not waited for: a repeat would hold a connection for as long as the first one takes.
    private static readonly Query LockQuery = new("idempotency.lock", QueryClass.Simple, QueryAccess.Write, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))::int");

    private static readonly Query FindQuery = new("idempotency.find", QueryClass.Simple, QueryAccess.Read, """
        SELECT body_hash, status, location, response FROM mcp_documents.idempotency_keys
        WHERE key = $1 AND caller = $2 AND method = $3 AND path = $4 AND created_at > $5
        """);

    // Over one that is there and past its day.
    private static readonly Query KeepQuery = new("idempotency.keep", QueryClass.Simple, QueryAccess.Write, """
        INSERT INTO mcp_documents.idempotency_keys (key, caller, method, path, body_hash, status, location, response, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (key, caller, method, path) DO UPDATE SET
            body_hash = excluded.body_hash, status = excluded.status, location = excluded.location, response = excluded.response, created_at = excluded.created_at
        """);

    /// <summary>Begins the transaction in which a request is looked for, done and kept.</summary>
    public Task<StoryTransaction> BeginAsync(CancellationToken cancellationToken) => StoryTransaction.BeginAsync(database, cancellationToken);

    /// <summary>Keeps the same request of others out until the transaction ends; false when another one is at it.</summary>
    public async Task<bool> TryLockAsync(IdempotentRequest request, CancellationToken cancellationToken) =>
        await database.NumberAsync(LockQuery, [Sql.Text($"{request.Key}\n{request.Caller}\n{request.Method}\n{request.Path}")], cancellationToken) == 1;

    /// <summary>What the request was answered; null when it was not, or longer than a day ago.</summary>
    public Task<IdempotentAnswer?> FindAsync(IdempotentRequest request, CancellationToken cancellationToken) => database.FirstAsync(
        FindQuery,
        [Sql.Text(request.Key), Sql.Text(request.Caller), Sql.Text(request.Method), Sql.Text(request.Path), Sql.Time(time.GetUtcNow() - Lifetime)],
        static row => new IdempotentAnswer(row.GetFieldValue<byte[]>(0), row.GetInt32(1), row.GetStringOrNull(2), row.GetFieldValue<byte[]>(3)),
        cancellationToken);

    /// <summary>Keeps what the request is answered.</summary>
    public Task KeepAsync(IdempotentRequest request, IdempotentAnswer answer, CancellationToken cancellationToken) => database.ExecuteAsync(
        KeepQuery,
        [
            Sql.Text(request.Key), Sql.Text(request.Caller), Sql.Text(request.Method), Sql.Text(request.Path), Sql.Bytes(answer.BodyHash),
            Sql.Int(answer.Status), Sql.Text(answer.Location), Sql.Bytes(answer.Json), Sql.Time(time.GetUtcNow()),
        ],
        cancellationToken);
}
