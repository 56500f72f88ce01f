using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Maintenance.Retention;

/// <summary>Deletes what has grown old, in small batches with pauses between them, so that writers never wait for it.</summary>
internal sealed class RetentionJob(StoryDatabase database, IOptions<RetentionOptions> options, TimeProvider time) : IMaintenanceJob
{
    public const string JobName = "retention";

    private readonly RetentionOptions _options = options.Value;

    public string Name => JobName;

    public string Schedule => _options.Schedule;

    public async Task<JobResult> RunAsync(CancellationToken cancellationToken)
    {
        var figures = new JsonObject();
        foreach (var table in RetainedTable.All)
        {
            if (_options.Days.GetValueOrDefault(table.Name, table.Days) is > 0 and var days)
            {
                var before = time.GetUtcNow().AddDays(-days);
                figures[table.Name] = new JsonObject { ["days"] = days, ["deleted"] = await DeleteAsync(table, before, cancellationToken) };
            }
        }

        var summary = figures.Select(table => string.Create(CultureInfo.InvariantCulture, $"{table.Value!["deleted"]} rows of {table.Key}"));
        return new JobResult($"Deleted {string.Join(", ", summary.DefaultIfEmpty("nothing: every table is kept for ever"))}", figures);
    }

    private async Task<long> DeleteAsync(RetainedTable table, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var deleted = 0L;
        var from = DateTimeOffset.MinValue; // -infinity
        while (true)
        {
            NpgsqlParameter[] parameters = [Sql.Time(from), Sql.Time(before), Sql.Int(_options.BatchSize)];
            var (count, last) = (await database.ListAsync(
                table.DeleteQuery, parameters, row => (row.GetInt32(0), row.GetTimeOrNull(1)), cancellationToken)).Single();
            deleted += count;
            if (count < _options.BatchSize)
            {
                return deleted;
            }

            from = last!.Value;
            await Task.Delay(TimeSpan.FromMilliseconds(_options.PauseMilliseconds), time, cancellationToken);
        }
    }
}
