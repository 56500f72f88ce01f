using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Maintenance;

/// <summary>The jobs' rows in Postgres: where the worker notes what it did, and the hub what it is asked for.</summary>
public sealed class JobStore(StoryDatabase database)
{
    private const long LockBase = 0x53746f7279_1000; // "Story", from 1000 (hex) on: one lock for each job

    // The row alone does not know whether the worker that noted it is still alive; the lock does. In pg_locks a key is two halves.
    private static readonly string Running = $"""
        (running_since IS NOT NULL AND EXISTS (
            SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = {LockBase} + id
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
        """;

    private static readonly Query ListQuery = new("jobs.list", QueryClass.Simple, QueryAccess.Read, $"""
        SELECT id, name, schedule, next_run_at, requested_at, CASE WHEN {Running} THEN running_since END, last_success_at,
               started_at, finished_at, outcome, message, result
        FROM mcp_documents.maintenance_jobs ORDER BY name
        """);

    private static readonly Query RequestQuery = new("jobs.request", QueryClass.Simple, QueryAccess.Write, $"""
        WITH job AS (SELECT id, {Running} AS running FROM mcp_documents.maintenance_jobs WHERE name = $1),
             noted AS (UPDATE mcp_documents.maintenance_jobs m SET requested_at = $2 FROM job WHERE m.id = job.id AND NOT job.running)
        SELECT NOT running FROM job
        """);

    // A job whose schedule stays the same stays due: what was missed while no worker ran is made up for.
    private static readonly Query RegisterQuery = new("jobs.register", QueryClass.Simple, QueryAccess.Write, """
        INSERT INTO mcp_documents.maintenance_jobs (name, schedule, next_run_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, next_run_at = excluded.next_run_at
        WHERE maintenance_jobs.schedule <> excluded.schedule
        """);

    // Due until it is finished: a run that is cut off, however hard, is made up for.
    private static readonly Query ClaimQuery = new("jobs.claim", QueryClass.Simple, QueryAccess.Write, """
        UPDATE mcp_documents.maintenance_jobs SET running_since = $2, requested_at = NULL, next_run_at = least(next_run_at, $2)
        WHERE name = $1 AND (requested_at IS NOT NULL OR next_run_at <= $2)
        """);

    private static readonly Query FinishQuery = new("jobs.finish", QueryClass.Simple, QueryAccess.Write, """
        UPDATE mcp_documents.maintenance_jobs SET
            running_since = NULL, started_at = $2, finished_at = $3, outcome = $4, message = $5, result = $6,
            next_run_at = CASE WHEN $4 = 'cancelled' THEN next_run_at ELSE $7 END,
            last_success_at = CASE WHEN $4 = 'succeeded' THEN $3 ELSE last_success_at END
        WHERE name = $1
        """);

    /// <summary>Every job, by name.</summary>
    public Task<List<MaintenanceJob>> ListAsync(CancellationToken cancellationToken) => database.ListAsync(ListQuery, [], Read, cancellationToken);

    /// <summary>Asks the worker for a run: true when that is noted, false when the job is running, null when there is no such job.</summary>
    public async Task<bool?> RequestAsync(string name, DateTimeOffset now, CancellationToken cancellationToken) =>
        await database.ListAsync(RequestQuery, [Sql.Text(name), Sql.Time(now)], row => row.GetBoolean(0), cancellationToken) is [var noted] ? noted : null;

    /// <summary>The key of the lock that whoever runs the job holds.</summary>
    internal static long LockKey(MaintenanceJob job) => LockBase + job.Id;

    internal Task RegisterAsync(string name, string schedule, DateTimeOffset? nextRunAt, CancellationToken cancellationToken) =>
        database.ExecuteAsync(RegisterQuery, [Sql.Text(name), Sql.Text(schedule), Sql.Time(nextRunAt)], cancellationToken);

    /// <summary>Notes that a run begins; false when the job is not due any more. Only for the holder of its lock.</summary>
    internal async Task<bool> ClaimAsync(string name, DateTimeOffset now, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(ClaimQuery, [Sql.Text(name), Sql.Time(now)], cancellationToken) == 1;

    /// <summary>Notes how a run ended, and when the job is due next.</summary>
    internal Task FinishAsync(string name, JobRun run, DateTimeOffset? nextRunAt, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            FinishQuery,
            [
                Sql.Text(name), Sql.Time(run.StartedAt), Sql.Time(run.FinishedAt), Sql.Text(EnumText<JobOutcome>.Of(run.Outcome)),
                Sql.Text(run.Message), Sql.Json(run.Result), Sql.Time(nextRunAt),
            ],
            cancellationToken);

    private static MaintenanceJob Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetInt16(0),
        Name = row.GetString(1),
        Schedule = row.GetString(2),
        NextRunAt = row.GetTimeOrNull(3),
        RequestedAt = row.GetTimeOrNull(4),
        RunningSince = row.GetTimeOrNull(5),
        LastSuccessAt = row.GetTimeOrNull(6),
        LastRun = row.GetTimeOrNull(7) is { } started && EnumText<JobOutcome>.TryParse(row.GetString(9), out var outcome)
            ? new JobRun(started, row.GetTime(8), outcome, row.GetString(10), row.GetJson(11))
            : null,
    };
}
