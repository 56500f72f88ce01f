using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using OpenTelemetry;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Schema;

/// <summary>Whether Postgres responds, takes writes, and has the schema that this process was built for.</summary>
internal sealed class SchemaCheck(StoryDatabase database) : IHealthCheck
{
    private const string ReadOnlySql = "SELECT current_setting('transaction_read_only')::boolean";
    private const string JournalSql = $"SELECT to_regclass('{SchemaMigration.Schema}.{SchemaMigration.Journal}') IS NOT NULL";
    private const string ScriptSql = $"SELECT EXISTS (SELECT 1 FROM {SchemaMigration.Schema}.{SchemaMigration.Journal} WHERE scriptname = $1)";

    private static readonly string LatestScript = typeof(SchemaCheck).Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!;

    private volatile bool _applied;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every second, and nobody's request
        try
        {
            await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
            var isReadOnly = await IsTrueAsync(connection, ReadOnlySql, cancellationToken);
            _applied = _applied // a schema does not go away
                || (await IsTrueAsync(connection, JournalSql, cancellationToken) && await IsTrueAsync(connection, ScriptSql, cancellationToken, LatestScript));
            database.IsReachable = true;
            if (!_applied)
            {
                return new(context.Registration.FailureStatus, "The data-layer worker has not applied the schema yet.");
            }

            if (isReadOnly)
            {
                database.Source.Clear(); // a session keeps default_transaction_read_only as it was when the session began
                return HealthCheckResult.Degraded("Postgres is read-only: writes get 503, reads go on.");
            }

            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            database.IsReachable = false;
            return new HealthCheckResult(context.Registration.FailureStatus, "Postgres does not answer.", exception);
        }
    }

    private static async Task<bool> IsTrueAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, string? parameter = null)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (parameter is not null)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameter });
        }

        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
