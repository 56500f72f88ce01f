using System.Net;
using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.ApiRequests;

namespace StoryPortal.DataLayer.ApiRequests;

/// <summary>The request log in Postgres.</summary>
public sealed class ApiRequestStore(StoryDatabase database)
{
    private const string Columns = """
        id, request_id, timestamp, method, route, path, status_code, latency_ms, consumer, client_ip, user_agent, trace_id, request_bytes, response_bytes, cache
        """;

    private const int StatusIs = 0;
    private const int RouteIs = 1;
    private const int From = 2;
    private const int To = 3;
    private const int After = 4;

    private static readonly FilteredQuery ListQuery = new("api_requests.list", QueryClass.Simple,
        $"SELECT {Columns} FROM mcp_documents.api_requests {{where}} ORDER BY timestamp DESC, id DESC LIMIT ?",
        "status_code = ?", "route = ?", "timestamp >= ?", "timestamp < ?", "(timestamp, id) < (?, ?)");

    private static readonly Query StatsQuery = new("api_requests.stats", QueryClass.Aggregate, QueryAccess.Read, """
        SELECT route, count, errors::float8 / count, percentiles[1], percentiles[2], percentiles[3]
        FROM (SELECT route, count(*) AS count, count(*) FILTER (WHERE status_code >= 500) AS errors,
                     percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS percentiles
              FROM mcp_documents.api_requests WHERE timestamp >= $1 AND timestamp < $2 GROUP BY route) by_route
        ORDER BY count DESC, route LIMIT $3
        """);

    private static readonly BulkUpsert Batch = new(
        """
        CREATE TEMP TABLE IF NOT EXISTS api_request_staging (
            id uuid, request_id text, timestamp timestamptz, method text, route text, path text, status_code integer, latency_ms double precision,
            consumer text, client_ip inet, user_agent text, trace_id text, request_bytes bigint, response_bytes bigint, cache text)
        ON COMMIT DELETE ROWS
        """,
        $"COPY api_request_staging ({Columns}) FROM STDIN (FORMAT binary)",
        new Query("api_requests.batch", QueryClass.Aggregate, QueryAccess.Write, $"""
            WITH stored AS (
                INSERT INTO mcp_documents.api_requests ({Columns}) SELECT {Columns} FROM api_request_staging
                ON CONFLICT (id) DO NOTHING
                RETURNING 1)
            SELECT count(*)::int FROM stored
            """),
        $"COPY mcp_documents.api_requests ({Columns}) FROM STDIN (FORMAT binary)");

    /// <summary>One page of logged requests, newest first.</summary>
    public IAsyncEnumerable<ApiRequest> ListAsync(ApiRequestFilter filter, CancellationToken cancellationToken) =>
        database.RowsAsync(
            ListQuery.Filter()
                .When(StatusIs, filter.StatusCode)
                .When(RouteIs, filter.Route)
                .When(From, filter.From)
                .When(To, filter.To)
                .When(After, filter.After)
                .Then(Sql.Int(filter.Limit)),
            Read, cancellationToken);

    /// <summary>How each route did from <paramref name="from"/> on and before <paramref name="to"/>, the <paramref name="most"/> busiest.</summary>
    public Task<List<RouteStats>> StatsAsync(DateTimeOffset from, DateTimeOffset to, int most, CancellationToken cancellationToken) =>
        database.ListAsync(StatsQuery, [Sql.Time(from), Sql.Time(to), Sql.Int(most)], ReadStats, cancellationToken);

    /// <summary>Stores many requests, all or none; those whose id is there already change nothing. Returns how many are new.</summary>
    public async Task<int> InsertManyAsync(IReadOnlyList<ApiRequest> requests, CancellationToken cancellationToken)
    {
        // By id: two batches with the same requests lock them in the same order.
        var sorted = requests.OrderBy(request => request.Id).ToList();
        return await Batch.AppendAsync(database, sorted, WriteAsync, reader => reader.GetInt32(0), cancellationToken);
    }

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, ApiRequest request, CancellationToken cancellationToken)
    {
        await copy.WriteAsync(request.Id, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(request.RequestId, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.Timestamp.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken);
        await copy.WriteAsync(request.Method, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.Route, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.Path, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.StatusCode, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(request.LatencyMs, NpgsqlDbType.Double, cancellationToken);
        await copy.WriteAsync(request.Consumer, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.ClientIp is { } address ? IPAddress.Parse(address) : null, NpgsqlDbType.Inet, cancellationToken);
        await copy.WriteAsync(request.UserAgent, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.TraceId, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(request.RequestBytes, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(request.ResponseBytes, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(request.Cache, NpgsqlDbType.Text, cancellationToken);
    }

    private static ApiRequest Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        RequestId = row.GetString(1),
        Timestamp = row.GetTime(2),
        Method = row.GetString(3),
        Route = row.GetString(4),
        Path = row.GetString(5),
        StatusCode = row.GetInt32(6),
        LatencyMs = row.GetDouble(7),
        Consumer = row.GetStringOrNull(8),
        ClientIp = row.IsDBNull(9) ? null : row.GetFieldValue<IPAddress>(9).ToString(),
        UserAgent = row.GetStringOrNull(10),
        TraceId = row.GetStringOrNull(11),
        RequestBytes = row.GetLongOrNull(12),
        ResponseBytes = row.GetLongOrNull(13),
        Cache = row.GetStringOrNull(14),
    };

    private static RouteStats ReadStats(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetInt64(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4), row.GetDouble(5));
}
