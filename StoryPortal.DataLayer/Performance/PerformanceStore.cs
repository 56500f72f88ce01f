using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Paging;

namespace StoryPortal.DataLayer.Performance;

/// <summary>What is kept of performance in Postgres: baselines, load tests, reports.</summary>
public sealed class PerformanceStore(StoryDatabase database)
{
    private const string LoadTestColumns =
        "id, name, tool, taken_at, duration_seconds, requests, failed_requests, requests_per_second, p95_ms, p99_ms, details";

    // The product's own processes: others register too, and measure nothing for the scorecard. One that has been gone for an hour is not missed any more.
    private static readonly Query ProcessesQuery = new("performance.processes", QueryClass.Simple, QueryAccess.Read, """
        SELECT service_name, id, last_heartbeat_at + lease_seconds * interval '1 second' > now()
        FROM mcp_documents.service_instances
        WHERE service_name IN ('gateway', 'service-hub', 'data-layer')
          AND last_heartbeat_at + lease_seconds * interval '1 second' > now() - interval '1 hour'
        ORDER BY service_name, id
        """);

    private static readonly FilteredQuery BaselinesQuery = new("performance.baselines", QueryClass.Simple,
        "SELECT id, taken_at, label, version, scorecard FROM mcp_documents.performance_baselines {where} ORDER BY taken_at DESC, id DESC LIMIT ?",
        "(taken_at, id) < (?, ?)");

    private static readonly Query BaselineQuery = new("performance.baseline", QueryClass.Simple, QueryAccess.Read,
        "SELECT id, taken_at, label, version, scorecard FROM mcp_documents.performance_baselines WHERE id = $1");

    private static readonly Query AddBaselineQuery = new("performance.add_baseline", QueryClass.Simple, QueryAccess.Write,
        "INSERT INTO mcp_documents.performance_baselines (id, taken_at, label, version, scorecard) VALUES ($1, $2, $3, $4, $5)");

    private static readonly FilteredQuery LoadTestsQuery = new("performance.load_tests", QueryClass.Simple,
        $"SELECT {LoadTestColumns} FROM mcp_documents.load_tests {{where}} ORDER BY taken_at DESC, id DESC LIMIT ?",
        "(taken_at, id) < (?, ?)");

    private static readonly Query AddLoadTestQuery = new("performance.add_load_test", QueryClass.Simple, QueryAccess.Write,
        $"INSERT INTO mcp_documents.load_tests ({LoadTestColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING RETURNING {LoadTestColumns}");

    private static readonly Query LoadTestQuery = new("performance.load_test", QueryClass.Simple, QueryAccess.Read,
        $"SELECT {LoadTestColumns} FROM mcp_documents.load_tests WHERE id = $1");

    private static readonly Query AddReportQuery = new("performance.add_report", QueryClass.Simple, QueryAccess.Write,
        "INSERT INTO mcp_documents.performance_reports (taken_at, markdown) VALUES ($1, $2) ON CONFLICT (taken_at) DO UPDATE SET markdown = excluded.markdown");

    private static readonly Query ReportQuery = new("performance.report", QueryClass.Simple, QueryAccess.Read,
        "SELECT markdown FROM mcp_documents.performance_reports ORDER BY taken_at DESC LIMIT 1");

    /// <summary>The product's processes that are in the service registry.</summary>
    public Task<List<RegisteredProcess>> ProcessesAsync(CancellationToken cancellationToken) => database.ListAsync(
        ProcessesQuery, [], row => new RegisteredProcess(row.GetString(0), row.GetString(1), row.GetBoolean(2)), cancellationToken);

    /// <summary>One page of baselines, newest first.</summary>
    public IAsyncEnumerable<Baseline> BaselinesAsync(TimeCursor? after, int limit, CancellationToken cancellationToken) =>
        database.RowsAsync(BaselinesQuery.Filter().When(0, after).Then(Sql.Int(limit)), ReadBaseline, cancellationToken);

    /// <summary>One baseline, or null.</summary>
    public Task<Baseline?> BaselineAsync(Guid id, CancellationToken cancellationToken) =>
        database.FirstAsync(BaselineQuery, [Sql.Uuid(id)], ReadBaseline, cancellationToken);

    /// <summary>Keeps a baseline.</summary>
    public Task AddBaselineAsync(Baseline baseline, CancellationToken cancellationToken) => database.ExecuteAsync(
        AddBaselineQuery,
        [Sql.Uuid(baseline.Id), Sql.Time(baseline.TakenAt), Sql.Text(baseline.Label), Sql.Text(baseline.Version), Sql.Json(baseline.Scorecard)],
        cancellationToken);

    /// <summary>One page of load tests, newest first.</summary>
    public IAsyncEnumerable<LoadTest> LoadTestsAsync(TimeCursor? after, int limit, CancellationToken cancellationToken) =>
        database.RowsAsync(LoadTestsQuery.Filter().When(0, after).Then(Sql.Int(limit)), ReadLoadTest, cancellationToken);

    /// <summary>Stores what a load test found; when its id is there already, nothing changes. Returns what is stored, and whether it is new.</summary>
    public async Task<(LoadTest Test, bool Created)> AddLoadTestAsync(LoadTest test, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters =
        [
            Sql.Uuid(test.Id), Sql.Text(test.Name), Sql.Text(test.Tool), Sql.Time(test.TakenAt), Sql.Double(test.DurationSeconds), Sql.Long(test.Requests),
            Sql.Long(test.FailedRequests), Sql.Double(test.RequestsPerSecond), Sql.Double(test.P95Ms), Sql.Double(test.P99Ms), Sql.Json(test.Details),
        ];
        while (true)
        {
            if (await database.FirstAsync(AddLoadTestQuery, parameters, ReadLoadTest, cancellationToken) is { } created)
            {
                return (created, true);
            }

            // Not inserted means that it is there; if it was deleted in between, it is inserted after all.
            if (await database.FirstAsync(LoadTestQuery, [Sql.Uuid(test.Id)], ReadLoadTest, cancellationToken) is { } stored)
            {
                return (stored, false);
            }
        }
    }

    /// <summary>Keeps a report.</summary>
    public Task AddReportAsync(DateTimeOffset takenAt, string markdown, CancellationToken cancellationToken) =>
        database.ExecuteAsync(AddReportQuery, [Sql.Time(takenAt), Sql.Text(markdown)], cancellationToken);

    /// <summary>The latest report, or null.</summary>
    public Task<string?> ReportAsync(CancellationToken cancellationToken) => database.FirstAsync(ReportQuery, [], row => row.GetString(0), cancellationToken);

    private static Baseline ReadBaseline(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetTime(1), row.GetString(2), row.GetString(3), row.GetJson(4));

    private static LoadTest ReadLoadTest(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Name = row.GetString(1),
        Tool = row.GetString(2),
        TakenAt = row.GetTime(3),
        DurationSeconds = row.GetDouble(4),
        Requests = row.GetInt64(5),
        FailedRequests = row.GetInt64(6),
        RequestsPerSecond = row.GetDouble(7),
        P95Ms = row.GetDouble(8),
        P99Ms = row.GetDouble(9),
        Details = row.GetJson(10),
    };
}

/// <summary>A process of the product that is in the service registry.</summary>
/// <param name="Service">The service.</param>
/// <param name="Instance">Which of its instances.</param>
/// <param name="IsAlive">Whether it keeps its lease.</param>
public sealed record RegisteredProcess(string Service, string Instance, bool IsAlive);
