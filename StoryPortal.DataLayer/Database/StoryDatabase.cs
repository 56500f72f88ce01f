using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Npgsql;
using StoryPortal.ServiceDefaults.Performance;
using StoryPortal.ServiceDefaults.Telemetry;

namespace StoryPortal.DataLayer.Database;

/// <summary>Runs named queries on pooled connections and measures each of them.</summary>
public sealed class StoryDatabase
{
    // Around the targets: 10, 50 and 100 ms are bucket boundaries, so that "below target" is exact.
    private static readonly double[] Boundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    private static readonly string[] ClassNames = ["simple", "join", "aggregate"];

    private readonly Histogram<double> _duration;

    /// <summary>Runs queries on <paramref name="source"/>.</summary>
    public StoryDatabase(NpgsqlDataSource source, DatabaseOptions options, IMeterFactory meters)
    {
        Source = source;
        QuickSeconds = options.QuickCommandTimeoutSeconds;
        _duration = meters.Create(TelemetryNames.Prefix + "DataLayer").CreateHistogram(
            MetricNames.QueryDuration, unit: "s", "Time of a database query, from asking for a connection to its last row.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Boundaries });
    }

    /// <summary>The connection pool, for what is no single query: COPY and transactions.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Whether the database answered when it was last checked, about a second ago.</summary>
    public bool IsReachable { get; internal set; } = true;

    /// <summary>Seconds that a statement may take which has little to do.</summary>
    internal int QuickSeconds { get; }

    /// <summary>With which parameters the queries ran.</summary>
    internal QuerySamples Samples { get; } = new();

    /// <summary>Every row that the statement returns.</summary>
    /// <exception cref="UnconfirmedWriteException">A write was sent, and Postgres did not confirm the commit.</exception>
    public Task<List<T>> ListAsync<T>(
        Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        RunAsync(query, parameters, async command =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(read(reader));
            }

            await reader.ReadToEndAsync(cancellationToken);
            return rows;
        }, cancellationToken);

    /// <inheritdoc cref="ListAsync{T}(Query, IReadOnlyList{NpgsqlParameter}, Func{NpgsqlDataReader, T}, CancellationToken)"/>
    internal Task<List<T>> ListAsync<T>(Filter filter, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        ListAsync(filter.Query, filter.Parameters, read, cancellationToken);

    /// <summary>The rows of the result, one at a time. A caller that stops before the last row cancels the statement.</summary>
    public async IAsyncEnumerable<T> RowsAsync<T>(
        Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!query.IsRead)
        {
            throw new ArgumentException($"{query.Name} writes: none of its rows counts before the commit.", nameof(query));
        }

        using var measured = Measure(query);
        await using var own = StoryTransaction.Current is null ? await Source.OpenConnectionAsync(cancellationToken) : null; // a command of the pool cannot be cancelled
        await using var command = CreateCommand(query, parameters, own ?? StoryTransaction.Current!.Connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var isStopped = false;
        try
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                isStopped = true; // unless the caller comes back
                yield return read(reader);
                isStopped = false;
            }
        }
        finally
        {
            if (isStopped && own is not null) // in a transaction a cancelled statement would end the transaction
            {
                command.Cancel(); // else the reader receives all the other rows before it closes
            }
        }
    }

    /// <inheritdoc cref="RowsAsync{T}(Query, IReadOnlyList{NpgsqlParameter}, Func{NpgsqlDataReader, T}, CancellationToken)"/>
    internal IAsyncEnumerable<T> RowsAsync<T>(Filter filter, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        RowsAsync(filter.Query, filter.Parameters, read, cancellationToken);

    /// <summary>The first row that the statement returns, or null.</summary>
    /// <exception cref="UnconfirmedWriteException">A write was sent, and Postgres did not confirm the commit.</exception>
    public Task<T?> FirstAsync<T>(
        Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class =>
        RunAsync(query, parameters, async command =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var first = await reader.ReadAsync(cancellationToken) ? read(reader) : null;
            await reader.ReadToEndAsync(cancellationToken);
            return first;
        }, cancellationToken);

    /// <summary>
    /// The first row that <paramref name="query"/> returns, or null, after <paramref name="turn"/> has waited for its turn: in one round trip
    /// and one transaction, so that the query sees whatever was committed until then. The turn has to return rows.
    /// </summary>
    /// <exception cref="UnconfirmedWriteException">The statements were sent, and Postgres did not confirm the commit.</exception>
    internal async Task<T?> FirstAsync<T>(
        Query turn, Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        using var measured = Measure(query);
        return await OnConnectionAsync(query, async connection =>
        {
            await using var batch = new NpgsqlBatch(connection) { Timeout = QuickSeconds };
            batch.BatchCommands.Add(new NpgsqlBatchCommand(turn.Sql));
            var command = new NpgsqlBatchCommand(query.Sql);
            for (var i = 0; i < parameters.Count; i++)
            {
                command.Parameters.Add(parameters[i]);
            }

            batch.BatchCommands.Add(command);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            var first = await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken) ? read(reader) : null;
            await reader.ReadToEndAsync(cancellationToken);
            return first;
        }, cancellationToken);
    }

    /// <summary>The one number that the statement returns.</summary>
    /// <exception cref="UnconfirmedWriteException">A write was sent, and Postgres did not confirm the commit.</exception>
    public async Task<int> NumberAsync(Query query, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken) =>
        await ListAsync(query, parameters, static row => row.GetInt32(0), cancellationToken) is [var number]
            ? number
            : throw new InvalidDataException($"{query.Name} did not return one number.");

    /// <summary>Runs a statement that returns no row; returns the number of rows that the statement changed.</summary>
    /// <exception cref="UnconfirmedWriteException">A write was sent, and Postgres did not confirm the commit.</exception>
    public Task<int> ExecuteAsync(Query query, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken) =>
        RunAsync(query, parameters, command => command.ExecuteNonQueryAsync(cancellationToken), cancellationToken);

    /// <summary>
    /// Runs <paramref name="use"/> on the connection of the ambient transaction, or on a pooled one where each statement commits by itself.
    /// A write that fails there without a refusal by Postgres may be stored.
    /// </summary>
    /// <exception cref="UnconfirmedWriteException">A write was sent, and Postgres did not confirm the commit.</exception>
    internal async Task<TResult> OnConnectionAsync<TResult>(
        Query query, Func<NpgsqlConnection, Task<TResult>> use, CancellationToken cancellationToken)
    {
        if (StoryTransaction.Current is { } shared)
        {
            return await DiscardStaleAsync(use(shared.Connection)); // without its commit nothing is stored
        }

        await using var connection = await Source.OpenConnectionAsync(cancellationToken);
        var used = DiscardStaleAsync(use(connection));
        return await (query.IsRead ? used : ConfirmAsync(query.Name, used));
    }

    /// <summary>Commits the transaction that is open on <paramref name="connection"/>; returns after Postgres has confirmed the commit.</summary>
    /// <exception cref="UnconfirmedWriteException">COMMIT was sent, and Postgres did not confirm it.</exception>
    internal async Task CommitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // COMMIT of a failed transaction rolls back and reports no error; the statement before COMMIT reports it.
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 1"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        await ConfirmAsync("COMMIT", DiscardStaleAsync(batch.ExecuteNonQueryAsync(cancellationToken)));
    }

    /// <summary>Awaits statements; closes every pooled session when one reports that the sessions of the pool are stale.</summary>
    internal async Task<TResult> DiscardStaleAsync<TResult>(Task<TResult> statements)
    {
        try
        {
            return await statements;
        }
        catch (PostgresException exception) when (SqlStates.Get(exception.SqlState).DiscardsPool)
        {
            Source.Clear();
            throw;
        }
    }

    private static async Task<TResult> ConfirmAsync<TResult>(string name, Task<TResult> write)
    {
        try
        {
            return await write;
        }
        catch (NpgsqlException exception) when (exception is not PostgresException refused || SqlStates.Get(refused.SqlState).IsUnconfirmed)
        {
            throw new UnconfirmedWriteException($"{name} was sent, and Postgres did not confirm it: {exception.Message}", exception);
        }
    }

    private async Task<TResult> RunAsync<TResult>(
        Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlCommand, Task<TResult>> run, CancellationToken cancellationToken)
    {
        using var measured = Measure(query);
        return await OnConnectionAsync(query, async connection =>
        {
            await using var command = CreateCommand(query, parameters, connection);
            return await run(command);
        }, cancellationToken);
    }

    /// <summary>Measures what happens until the result is disposed, as <paramref name="query"/>.</summary>
    internal Measurement Measure(Query query) => new(_duration, query, Stopwatch.GetTimestamp());

    private NpgsqlCommand CreateCommand(Query query, IReadOnlyList<NpgsqlParameter> parameters, NpgsqlConnection connection)
    {
        Samples.Note(query, parameters);
        var command = new NpgsqlCommand(query.Sql, connection);
        if (query.Class != QueryClass.Aggregate)
        {
            command.CommandTimeout = QuickSeconds;
        }

        for (var i = 0; i < parameters.Count; i++)
        {
            command.Parameters.Add(parameters[i]);
        }

        return command;
    }

    internal readonly struct Measurement(Histogram<double> histogram, Query query, long start) : IDisposable
    {
        public void Dispose() => histogram.Record(
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            new KeyValuePair<string, object?>("query", query.Name),
            new KeyValuePair<string, object?>("query_class", ClassNames[(int)query.Class]),
            new KeyValuePair<string, object?>("access", query.IsRead ? "read" : "write"));
    }
}
