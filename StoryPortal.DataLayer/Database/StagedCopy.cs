using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// Writes many rows at once: binary COPY into a temporary table of the connection, then one statement that merges it. All in one transaction, so
/// that a batch is stored whole or not at all.
/// </summary>
/// <param name="createStaging">Creates the staging table if the connection has none yet, <c>ON COMMIT DELETE ROWS</c>.</param>
/// <param name="copy">The COPY statement.</param>
/// <param name="merge">The statement that moves the rows on and answers with counts.</param>
internal sealed class StagedCopy(string createStaging, string copy, Query merge)
{
    public async Task<TResult> WriteAsync<TRow, TResult>(
        StoryDatabase database,
        IReadOnlyList<TRow> rows,
        Action<CopyBuffer, TRow> write,
        Func<NpgsqlDataReader, TResult> read,
        CancellationToken cancellationToken)
    {
        using var measured = database.Measure(merge);
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Takes no time, so it finds out in time when the database is away.
        await using (var create = new NpgsqlCommand(createStaging, connection, transaction) { CommandTimeout = database.QuickSeconds })
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await CopyAsync(connection, rows, write, cancellationToken);

        TResult result;
        await using (var command = new NpgsqlCommand(merge.Sql, connection, transaction))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            result = read(reader);
        }

        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task CopyAsync<TRow>(
        NpgsqlConnection connection, IReadOnlyList<TRow> rows, Action<CopyBuffer, TRow> write, CancellationToken cancellationToken)
    {
        using var buffer = new CopyBuffer();
        await using var stream = await connection.BeginRawBinaryCopyAsync(copy, cancellationToken);
        try
        {
            foreach (var row in rows)
            {
                write(buffer, row);
                await buffer.SendAsync(stream, cancellationToken);
            }

            await buffer.SendEndAsync(stream, cancellationToken);
        }
        catch
        {
            await stream.CancelAsync(); // closing it would store what came so far
            throw;
        }
    }
}
