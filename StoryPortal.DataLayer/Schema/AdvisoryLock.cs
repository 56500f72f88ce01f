using Npgsql;

namespace StoryPortal.DataLayer.Schema;

/// <summary>
/// A lock that one session holds at a time, across processes. It is polled: a session that waits inside <c>pg_advisory_lock</c> holds a snapshot,
/// and CREATE INDEX CONCURRENTLY, which waits for old snapshots, would wait for it while it waits for the lock.
/// </summary>
internal sealed class AdvisoryLock : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlConnection _connection;
    private readonly long _key;

    private AdvisoryLock(NpgsqlConnection connection, long key) => (_connection, _key) = (connection, key);

    public static async Task<AdvisoryLock> AcquireAsync(NpgsqlDataSource source, long key, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            while (!await RunAsync(connection, "SELECT pg_try_advisory_lock($1)", key, cancellationToken))
            {
                await Task.Delay(PollInterval, time, cancellationToken);
            }

            return new AdvisoryLock(connection, key);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RunAsync(_connection, "SELECT pg_advisory_unlock($1)", _key, CancellationToken.None);
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }

    private static async Task<bool> RunAsync(NpgsqlConnection connection, string sql, long key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
