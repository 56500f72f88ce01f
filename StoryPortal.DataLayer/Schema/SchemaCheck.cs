using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using OpenTelemetry;

namespace StoryPortal.DataLayer.Schema;

/// <summary>Whether Postgres answers and has the schema that this process was built for.</summary>
internal sealed class SchemaCheck(NpgsqlDataSource source) : IHealthCheck
{
    private const string Sql = $"SELECT to_regclass('{SchemaMigration.Schema}.{SchemaMigration.Journal}') IS NOT NULL";
    private const string ScriptSql = $"SELECT count(*) FROM {SchemaMigration.Schema}.{SchemaMigration.Journal} WHERE scriptname = $1";

    private static readonly string LatestScript = typeof(SchemaCheck).Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var untraced = SuppressInstrumentationScope.Begin(); // every second, and nobody's request
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var journal = new NpgsqlCommand(Sql, connection);
            if (await journal.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return Waiting(context);
            }

            await using var script = new NpgsqlCommand(ScriptSql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = LatestScript } } };
            return await script.ExecuteScalarAsync(cancellationToken) is > 0L ? HealthCheckResult.Healthy() : Waiting(context);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "Postgres does not answer.", exception);
        }
    }

    private static HealthCheckResult Waiting(HealthCheckContext context) =>
        new(context.Registration.FailureStatus, "The data-layer worker has not applied the schema yet.");
}
