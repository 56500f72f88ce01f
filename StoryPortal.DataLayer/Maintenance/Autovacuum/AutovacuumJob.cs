using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Maintenance.Autovacuum;

/// <summary>
/// Gives the large tables the autovacuum settings that the product wants, where the server's own are different: a managed server often
/// does not let itself be configured, its tables do.
/// </summary>
internal sealed class AutovacuumJob(StoryDatabase database, IOptions<AutovacuumOptions> options) : IMaintenanceJob
{
    public const string JobName = "autovacuum-settings";

    private static readonly string[] Tables = ["events", "api_requests", "quality_scores"];

    private static readonly Query InForceQuery = new("autovacuum.in_force", QueryClass.Join, QueryAccess.Read, """
        SELECT tables.name, settings.name,
               coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = settings.name), current_setting(settings.name))::float8
        FROM unnest($1::text[]) AS tables (name)
        JOIN pg_class c ON c.oid = to_regclass('mcp_documents.' || tables.name)
        CROSS JOIN unnest($2::text[]) AS settings (name)
        """);

    private static readonly Query EnabledQuery = new("autovacuum.enabled", QueryClass.Simple, QueryAccess.Read, "SELECT current_setting('autovacuum')::boolean");

    private readonly Dictionary<string, double> _wanted = new()
    {
        ["autovacuum_vacuum_scale_factor"] = options.Value.VacuumScaleFactor,
        ["autovacuum_analyze_scale_factor"] = options.Value.AnalyzeScaleFactor,
    };

    public string Name => JobName;

    public string Schedule => options.Value.Schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        var inForce = await database.ListAsync(
            InForceQuery, [Sql.Texts(Tables), Sql.Texts([.. _wanted.Keys])],
            row => (Table: row.GetString(0), Setting: row.GetString(1), Value: row.GetDouble(2)), cancellationToken);
        var enabled = (await database.ListAsync(EnabledQuery, [], row => row.GetBoolean(0), cancellationToken)).Single();

        var changed = new JsonObject();
        foreach (var table in inForce.Where(entry => entry.Value != _wanted[entry.Setting]).GroupBy(entry => entry.Table, entry => entry.Setting))
        {
            await SetAsync(table.Key, table, cancellationToken);
            changed[table.Key] = new JsonObject(table.Select(setting => KeyValuePair.Create(setting, (JsonNode?)_wanted[setting])));
        }

        var summary = changed.Count == 0 ? "Every table has the wanted settings" : $"Set those of {string.Join(", ", changed.Select(table => table.Key))}";
        return new JobResult(
            enabled ? summary : summary + "; but autovacuum is off on this server, and only its own settings can turn it on",
            new JsonObject { ["autovacuum"] = enabled, ["changed"] = changed });
    }

    private async Task SetAsync(string table, IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        // It waits for a vacuum or an index build of the table; those can take hours, and an hour later it is tried again.
        var list = string.Join(", ", settings.Select(setting => string.Create(CultureInfo.InvariantCulture, $"{setting} = {_wanted[setting]}")));
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SET LOCAL lock_timeout = '5s'; ALTER TABLE mcp_documents.{table} SET ({list})", connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await database.CommitAsync(connection, cancellationToken);
    }
}
