using Npgsql;

namespace StoryPortal.DataLayer.Schema;

/// <summary>Builds the missing indexes without blocking writers, one statement and one transaction each.</summary>
internal sealed partial class IndexBuilder(NpgsqlDataSource source, TimeProvider time, ILogger<IndexBuilder> logger)
{
    private const long LockKey = 0x53746f7279_0002; // "Story", 2: one builder at a time, or one would drop what another is building

    public async Task BuildAsync(CancellationToken cancellationToken)
    {
        await using var held = await AdvisoryLock.AcquireAsync(source, LockKey, time, cancellationToken);
        foreach (var index in Indexes.All)
        {
            var valid = await IsValidAsync(index, cancellationToken);
            if (valid == false)
            {
                // A build that was cut off leaves an index that costs every write and serves no read.
                LogRebuilding(index.Name);
                await RunAsync($"DROP INDEX CONCURRENTLY IF EXISTS mcp_documents.{index.Name}", cancellationToken);
            }

            if (valid != true)
            {
                await RunAsync($"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index.Name} {index.Definition}", cancellationToken);
                LogBuilt(index.Name);
            }
        }
    }

    private async Task<bool?> IsValidAsync(Index index, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "mcp_documents." + index.Name });
        return await command.ExecuteScalarAsync(cancellationToken) as bool?;
    }

    private async Task RunAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0; // as long as a large table takes
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Information, "Built index {Index}")]
    private partial void LogBuilt(string index);

    [LoggerMessage(2, LogLevel.Warning, "Index {Index} is invalid, left by a build that was cut off; it is built again")]
    private partial void LogRebuilding(string index);
}
