using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// Writes many rows at once: binary COPY into a temporary table of the connection, then one statement that merges the rows. Both are in one
/// transaction, so that a batch is stored whole or not at all.
/// </summary>
/// <param name="createStaging">Creates the staging table if the connection has none yet, <c>ON COMMIT DELETE ROWS</c>.</param>
/// <param name="copy">The COPY statement.</param>
/// <param name="merge">The statement that moves the rows on and answers with counts.</param>
/// <param name="append">The COPY statement that writes straight into the table (<see cref="AppendAsync"/>), or null for rows that may well be there already.</param>
internal sealed class BulkUpsert(string createStaging, string copy, Query merge, string? append = null)
{
    // Readers in the order of arrival wait for writers, so Postgres ends the transaction of a client that freezes between its statements.
    internal const string EndWithItsClient = "SET LOCAL idle_in_transaction_session_timeout = '10s'";

    /// <summary>The statement that creates the staging table.</summary>
    public string CreateStaging => createStaging;

    /// <summary>The statement that moves the rows on.</summary>
    public Query Merge => merge;

    public async Task<TResult> WriteAsync<TRow, TResult>(
        StoryDatabase database,
        IReadOnlyList<TRow> rows,
        Func<NpgsqlBinaryImporter, TRow, CancellationToken, Task> write,
        Func<NpgsqlDataReader, TResult> read,
        CancellationToken cancellationToken)
    {
        using var measured = database.Measure(merge);
        if (StoryTransaction.Current is { } shared)
        {
            return await WriteAsync(database, shared.Connection, rows, write, read, cancellationToken);
        }

        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var result = await database.DiscardStaleAsync(WriteAsync(database, connection, rows, write, read, cancellationToken));
        await database.CommitAsync(connection, cancellationToken);
        return result;
    }

    /// <summary>
    /// Writes rows that are nearly always new straight into the table. A batch with a row that exists already goes through the
    /// temporary table instead. Returns how many rows are new.
    /// </summary>
    public async Task<int> AppendAsync<TRow>(
        StoryDatabase database,
        IReadOnlyList<TRow> rows,
        Func<NpgsqlBinaryImporter, TRow, CancellationToken, Task> write,
        Func<NpgsqlDataReader, int> read,
        CancellationToken cancellationToken)
    {
        if (append is not null && StoryTransaction.Current is null)
        {
            try
            {
                using var measured = database.Measure(merge);
                return await database.OnConnectionAsync(merge, async connection =>
                {
                    await CopyAsync(connection, append, rows, write, cancellationToken);
                    return rows.Count;
                }, cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // One statement: nothing of it was stored.
            }
        }

        return await WriteAsync(database, rows, write, read, cancellationToken);
    }

    private async Task<TResult> WriteAsync<TRow, TResult>(
        StoryDatabase database,
        NpgsqlConnection connection,
        IReadOnlyList<TRow> rows,
        Func<NpgsqlBinaryImporter, TRow, CancellationToken, Task> write,
        Func<NpgsqlDataReader, TResult> read,
        CancellationToken cancellationToken)
    {
        // Takes no time, so it finds out in time when the database is away.
        await using (var create = new NpgsqlCommand($"{EndWithItsClient}; {createStaging}", connection) { CommandTimeout = database.QuickSeconds })
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await CopyAsync(connection, copy, rows, write, cancellationToken);

        await using var command = new NpgsqlCommand(merge.Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var result = read(reader);
        await reader.ReadToEndAsync(cancellationToken);
        return result;
    }

    private static async Task CopyAsync<TRow>(
        NpgsqlConnection connection,
        string statement,
        IReadOnlyList<TRow> rows,
        Func<NpgsqlBinaryImporter, TRow, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        await using var importer = await connection.BeginBinaryImportAsync(statement, cancellationToken); // cancels the COPY unless it is completed
        foreach (var row in rows)
        {
            await importer.StartRowAsync(cancellationToken);
            await write(importer, row, cancellationToken);
        }

        await importer.CompleteAsync(cancellationToken);
    }
}
