using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// A lock that one session holds at a time, across processes. It is polled: a session that waits inside <c>pg_advisory_lock</c> holds a snapshot,
/// and CREATE INDEX CONCURRENTLY, which waits for old snapshots, would wait for it while it waits for the lock.
/// </summary>
internal sealed class AdvisoryLock : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly long _key;

    private AdvisoryLock(NpgsqlConnection connection, long key) => (Connection, _key) = (connection, key);

    /// <summary>The session that holds the lock: what runs in it can never outlive the lock.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>Waits for the lock.</summary>
    public static async Task<AdvisoryLock> AcquireAsync(DirectConnection database, long key, TimeProvider time, CancellationToken cancellationToken) =>
        (await AcquireAsync(database, key, () => Task.Delay(PollInterval, time, cancellationToken), cancellationToken))!;

    /// <summary>Takes the lock, or returns null when another session holds it.</summary>
    public static Task<AdvisoryLock?> TryAcquireAsync(DirectConnection database, long key, CancellationToken cancellationToken) =>
        AcquireAsync(database, key, wait: null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            // The end of the session frees the lock, but a moment after the connection is closed.
            await IsTrueAsync(Connection, "SELECT pg_advisory_unlock($1)", _key, CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            // The session is lost already, and the lock with it.
        }
        finally
        {
            await Connection.DisposeAsync();
        }
    }

    private static async Task<AdvisoryLock?> AcquireAsync(DirectConnection database, long key, Func<Task>? wait, CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken);
        AdvisoryLock? held = null;
        try
        {
            while (!await IsTrueAsync(connection, "SELECT pg_try_advisory_lock($1)", key, cancellationToken))
            {
                if (wait is null)
                {
                    return null;
                }

                await wait();
            }

            return held = new AdvisoryLock(connection, key);
        }
        finally
        {
            if (held is null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private static async Task<bool> IsTrueAsync(NpgsqlConnection connection, string sql, long key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
