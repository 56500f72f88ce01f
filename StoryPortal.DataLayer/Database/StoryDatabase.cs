using System.Diagnostics;
using System.Diagnostics.Metrics;
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
    private readonly QueryTimes? _times;

    /// <summary>Runs queries on <paramref name="source"/>, and tells their times to <paramref name="recorder"/> where there is one.</summary>
    public StoryDatabase(NpgsqlDataSource source, DatabaseOptions options, IMeterFactory meters, Recorder? recorder = null)
    {
        _times = recorder is null ? null : new QueryTimes(recorder);
        Source = source;
        QuickSeconds = options.QuickCommandTimeoutSeconds;
        _duration = meters.Create(TelemetryNames.Prefix + "DataLayer").CreateHistogram(
            "db_query_duration_seconds", unit: "s", "Time of a database query, from asking for a connection to its last row.", tags: null,
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

    /// <summary>Every row of the answer.</summary>
    public async Task<List<T>> ListAsync<T>(
        Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        using var measured = Measure(query);
        await using var command = CreateCommand(query, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <inheritdoc cref="ListAsync{T}(Query, IReadOnlyList{NpgsqlParameter}, Func{NpgsqlDataReader, T}, CancellationToken)"/>
    internal Task<List<T>> ListAsync<T>(Filter filter, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        ListAsync(filter.Query, filter.Parameters, read, cancellationToken);

    /// <summary>The first row of the answer, or null.</summary>
    public async Task<T?> FirstAsync<T>(
        Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        using var measured = Measure(query);
        await using var command = CreateCommand(query, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }

    /// <summary>
    /// The first row that <paramref name="query"/> answers with, or null, after <paramref name="turn"/> has waited for its turn: in one round trip
    /// and one transaction, so that the query sees whatever was committed until then. The turn has to answer with rows.
    /// </summary>
    internal async Task<T?> FirstAsync<T>(
        Query turn, Query query, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        using var measured = Measure(query);
        await using var batch = Source.CreateBatch();
        batch.Timeout = QuickSeconds;
        batch.BatchCommands.Add(new NpgsqlBatchCommand(turn.Sql));
        var command = new NpgsqlBatchCommand(query.Sql);
        for (var i = 0; i < parameters.Count; i++)
        {
            command.Parameters.Add(parameters[i]);
        }

        batch.BatchCommands.Add(command);
        T? first;
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            first = await reader.NextResultAsync(cancellationToken) && await reader.ReadAsync(cancellationToken) ? read(reader) : null;

            // To the end, where the commit may still fail.
            while (await reader.NextResultAsync(cancellationToken))
            {
            }
        }

        return first;
    }

    /// <summary>The one number that the statement answers with.</summary>
    public async Task<int> NumberAsync(Query query, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken)
    {
        using var measured = Measure(query);
        await using var command = CreateCommand(query, parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is int number
            ? number
            : throw new InvalidDataException($"{query.Name} did not answer with a number.");
    }

    /// <summary>Runs a statement without an answer; returns the number of rows it touched.</summary>
    public async Task<int> ExecuteAsync(Query query, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken)
    {
        using var measured = Measure(query);
        await using var command = CreateCommand(query, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Measures what happens until the result is disposed, as <paramref name="query"/>.</summary>
    internal Measurement Measure(Query query) => new(_duration, _times, query, Stopwatch.GetTimestamp());

    private NpgsqlCommand CreateCommand(Query query, IReadOnlyList<NpgsqlParameter> parameters)
    {
        Samples.Note(query, parameters);
        var command = StoryTransaction.Current is { } shared ? new NpgsqlCommand(query.Sql, shared.Connection) : Source.CreateCommand(query.Sql);
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

    internal readonly struct Measurement(Histogram<double> histogram, QueryTimes? times, Query query, long start) : IDisposable
    {
        public void Dispose()
        {
            var duration = Stopwatch.GetElapsedTime(start);
            histogram.Record(
                duration.TotalSeconds,
                new KeyValuePair<string, object?>("query", query.Name),
                new KeyValuePair<string, object?>("query_class", ClassNames[(int)query.Class]),
                new KeyValuePair<string, object?>("access", query.IsRead ? "read" : "write"));
            times?.Add(query, duration);
        }
    }
}
