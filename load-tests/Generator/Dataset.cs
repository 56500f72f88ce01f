using System.Diagnostics;
using Npgsql;
using StoryPortal.Generator.Tables;

namespace StoryPortal.Generator;

/// <summary>Agents, sessions, events and API requests as a busy month leaves them. The same size and seed make the same rows, with times that end now.</summary>
/// <param name="size">How many rows.</param>
/// <param name="seed">What decides them.</param>
public sealed class Dataset(DatasetSize size, int seed = 1)
{
    /// <summary>How many rows.</summary>
    public DatasetSize Size => size;

    /// <summary>The ids of the agents, the busiest first.</summary>
    public IReadOnlyList<Guid> Agents { get; } = Ids.Many(seed, size.Agents);

    /// <summary>The ids of the sessions, the oldest first.</summary>
    public IReadOnlyList<Guid> Sessions { get; } = Ids.Many(seed + 1, size.Sessions);

    /// <summary>The types of events, the most frequent first.</summary>
    public static IReadOnlyList<string> EventTypes => EventRows.Types;

    /// <summary>Fills every table that has not got these rows yet. A table gets all of its rows or none.</summary>
    /// <param name="database">A database with the schema.</param>
    /// <param name="progress">Told about each table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task FillAsync(NpgsqlDataSource database, Action<string> progress, CancellationToken cancellationToken)
    {
        var calendar = new Calendar(DateTimeOffset.UtcNow);
        var sessions = new SessionRows(this, calendar, seed);

        // The two large tables beside each other, so that two cores have something to do.
        await Task.WhenAll(
            FillAsync(database, new ApiRequestRows(size.ApiRequests, calendar, seed), progress, cancellationToken),
            Task.Run(async () =>
            {
                await FillAsync(database, new AgentRows(this, calendar, seed), progress, cancellationToken);
                await FillAsync(database, sessions, progress, cancellationToken);
                await FillAsync(database, new EventRows(this, sessions, calendar, seed), progress, cancellationToken);
            }, cancellationToken));
    }

    /// <summary>Deletes all rows of the tables, whoever wrote them, and what was counted of them.</summary>
    public static Task EmptyAsync(NpgsqlDataSource database, CancellationToken cancellationToken) => RunAsync(database,
        "TRUNCATE mcp_documents.agents, mcp_documents.sessions, mcp_documents.events, mcp_documents.api_requests", cancellationToken);

    private static async Task FillAsync(NpgsqlDataSource database, TableRows rows, Action<string> progress, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using (var look = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM mcp_documents.{rows.Table} WHERE id = $1)", connection))
        {
            look.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rows.FirstId });
            if (await look.ExecuteScalarAsync(cancellationToken) is true)
            {
                progress($"{rows.Table}: the rows are there already");
                return;
            }
        }

        var watch = Stopwatch.StartNew();
        await Task.Run(() => rows.Copy(connection, cancellationToken), cancellationToken);
        progress($"{rows.Table}: {rows.Count:N0} rows in {watch.Elapsed.TotalSeconds:F1} s");

        // What autovacuum would do within a minute: without statistics every plan is a guess.
        await RunAsync(database, $"VACUUM (ANALYZE) mcp_documents.{rows.Table}", cancellationToken);
    }

    private static async Task RunAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
