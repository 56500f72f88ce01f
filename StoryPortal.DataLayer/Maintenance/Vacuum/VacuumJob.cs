using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Maintenance.Vacuum;

/// <summary>Frees the space of dead rows and brings the planner's statistics up to date where most is written. Readers and writers go on.</summary>
internal sealed class VacuumJob(StoryDatabase database, IOptions<VacuumOptions> options, TimeProvider time) : IMaintenanceJob
{
    public const string JobName = "vacuum";

    private static readonly string[] Tables = ["events", "api_requests"];

    private static readonly Query DeadRowsQuery = new("vacuum.dead_rows", QueryClass.Simple, QueryAccess.Read,
        "SELECT n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'mcp_documents' AND relname = $1");

    public string Name => JobName;

    public string Schedule => options.Value.Schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        var figures = new JsonObject();
        foreach (var table in Tables)
        {
            var (clock, before) = (time.GetTimestamp(), await DeadRowsAsync(table, cancellationToken));
            await using (var vacuum = database.Source.CreateCommand($"VACUUM (ANALYZE) mcp_documents.{table}"))
            {
                vacuum.CommandTimeout = 0; // as long as a large table takes
                await vacuum.ExecuteNonQueryAsync(cancellationToken);
            }

            figures[table] = new JsonObject
            {
                ["seconds"] = Math.Round(time.GetElapsedTime(clock).TotalSeconds, 3),
                ["dead_rows_before"] = before,
                ["dead_rows_after"] = await DeadRowsAsync(table, cancellationToken),
            };
        }

        return new JobResult(
            string.Join("; ", Tables.Select(table => string.Create(
                CultureInfo.InvariantCulture, $"{table}: {figures[table]!["dead_rows_before"]} dead rows before, {figures[table]!["dead_rows_after"]} after"))),
            figures);
    }

    private async Task<long> DeadRowsAsync(string table, CancellationToken cancellationToken) =>
        (await database.ListAsync(DeadRowsQuery, [Sql.Text(table)], row => row.GetInt64(0), cancellationToken)).Single();
}
