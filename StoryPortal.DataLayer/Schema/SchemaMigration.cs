using System.Runtime.ExceptionServices;
using DbUp;
using DbUp.Engine;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Schema;

/// <summary>Brings the tables up to date with the scripts of this folder. Several workers may start at once: one migrates, the others wait.</summary>
internal sealed partial class SchemaMigration(DirectConnection database, TimeProvider time, ILogger<SchemaMigration> logger)
{
    public const string Schema = "mcp_documents";
    public const string Journal = "schema_versions";

    private const long LockKey = 0x53746f7279_0001; // "Story", 1

    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await using var held = await AdvisoryLock.AcquireAsync(database, LockKey, time, cancellationToken);
        await RunAsync(held.Connection, $"CREATE SCHEMA IF NOT EXISTS {Schema}", cancellationToken);

        // DbUp is synchronous: a thread of its own keeps the worker's health checks answering.
        var result = await Task.Run(Upgrader().PerformUpgrade, cancellationToken);
        if (!result.Successful)
        {
            // As it is and not wrapped: whoever retries what a lost database did must recognise it.
            LogFailed(result.ErrorScript?.Name ?? "(none: the database was not reached)");
            ExceptionDispatchInfo.Throw(result.Error);
        }

        foreach (var script in result.Scripts)
        {
            LogApplied(script.Name);
        }

        await CreateStatisticsAsync(held.Connection, cancellationToken);
    }

    private UpgradeEngine Upgrader() => DeployChanges.To
        .PostgresqlDatabase(database.String)
        .WithScriptsEmbeddedInAssembly(typeof(SchemaMigration).Assembly, name => name.EndsWith(".sql", StringComparison.Ordinal))
        .JournalToPostgresqlTable(Schema, Journal)
        .WithTransactionPerScript()
        .LogToNowhere()
        .Build();

    private async Task CreateStatisticsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(connection, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements", cancellationToken);
        }
        catch (PostgresException exception)
        {
            // Managed Postgres may refuse it; the product runs without, and its reports say so.
            LogNoStatistics(exception.MessageText);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "Applied schema script {Script}")]
    private partial void LogApplied(string script);

    [LoggerMessage(3, LogLevel.Error, "Schema script {Script} failed")]
    private partial void LogFailed(string script);

    [LoggerMessage(2, LogLevel.Warning, "pg_stat_statements is not available, slow queries will not be ranked: {Reason}")]
    private partial void LogNoStatistics(string reason);
}
