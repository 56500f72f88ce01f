using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Schema;

/// <summary>
/// Builds the missing indexes without blocking writers, one statement and one transaction each. A build waits for every transaction that is older
/// than itself, however long that takes: until it is done the worker is ready, and degraded.
/// </summary>
internal sealed partial class IndexBuilder(DirectConnection database, TimeProvider time, ILogger<IndexBuilder> logger) : IHealthCheck
{
    private const long LockKey = 0x53746f7279_0002; // "Story", 2: one builder at a time, or one would drop what another is building

    private volatile string? _missing = "The indexes are not checked yet.";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_missing is { } reason ? new HealthCheckResult(context.Registration.FailureStatus, reason) : HealthCheckResult.Healthy());

    public async Task BuildAsync(CancellationToken cancellationToken)
    {
        _missing = "Another worker is building the indexes.";
        await using var held = await AdvisoryLock.AcquireAsync(database, LockKey, time, cancellationToken);
        foreach (var index in Indexes.All)
        {
            var valid = await IsValidAsync(held.Connection, index, cancellationToken);
            if (valid == true)
            {
                continue;
            }

            _missing = $"Index {index.Name} is being built: queries that need it are slow. It waits for every transaction that began before it.";
            if (valid == false)
            {
                // A build that was cut off leaves an index that costs every write and serves no read.
                LogRebuilding(index.Name);
                await RunAsync(held.Connection, $"DROP INDEX CONCURRENTLY IF EXISTS mcp_documents.{index.Name}", cancellationToken);
            }

            await RunAsync(held.Connection, $"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index.Name} {index.Definition}", cancellationToken);
            LogBuilt(index.Name);
        }

        _missing = null;
    }

    private static async Task<bool?> IsValidAsync(NpgsqlConnection connection, Index index, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "mcp_documents." + index.Name });
        return await command.ExecuteScalarAsync(cancellationToken) as bool?;
    }

    // In the session that holds the lock: were it lost, a build that went on by itself would be dropped by the next builder.
    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 }; // as long as a large table takes
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "Built index {Index}")]
    private partial void LogBuilt(string index);

    [LoggerMessage(2, LogLevel.Warning, "Index {Index} is invalid, left by a build that was cut off; it is built again")]
    private partial void LogRebuilding(string index);
}
