using System.Net;
using Npgsql;
using NpgsqlTypes;
using StoryPortal.DataLayer.Database;
using StoryPortal.ServiceDefaults.ApiRequests;

namespace StoryPortal.DataLayer.ApiRequests;

/// <summary>The request log in Postgres.</summary>
public sealed class ApiRequestStore(StoryDatabase database)
{
    private const int StatusIs = 0;
    private const int RouteIs = 1;
    private const int From = 2;
    private const int To = 3;
    private const int After = 4;

    private static readonly PgType<string?> Inet = new PgType<string?, IPAddress>(
        "inet", NpgsqlDbType.Inet, address => IPAddress.Parse(address!), (row, i) => row.GetFieldValue<IPAddress>(i).ToString());

    private static readonly ColumnMap<ApiRequest> Map = new ColumnMap<ApiRequest>("api_requests")
        .Key(request => request.Id)
        .Column(request => request.RequestId)
        .Column(request => request.Timestamp)
        .Column(request => request.Method)
        .Column(request => request.Route)
        .Column(request => request.Path)
        .Column(request => request.StatusCode)
        .Column(request => request.LatencyMs)
        .Column(request => request.Consumer)
        .Column(request => request.ClientIp, type: Inet)
        .Column(request => request.UserAgent)
        .Column(request => request.TraceId)
        .Column(request => request.RequestBytes)
        .Column(request => request.ResponseBytes)
        .Column(request => request.Cache);

    private static readonly FilteredQuery ListQuery = new("api_requests.list", QueryClass.Simple,
        $"SELECT {Map.List} FROM mcp_documents.api_requests {{where}} ORDER BY timestamp DESC, id DESC LIMIT ?",
        "status_code = ?", "route = ?", "timestamp >= ?", "timestamp < ?", "(timestamp, id) < (?, ?)");

    private static readonly Query StatsQuery = new("api_requests.stats", QueryClass.Aggregate, QueryAccess.Read, """
        SELECT route, count, errors::float8 / count, percentiles[1], percentiles[2], percentiles[3]
        FROM (SELECT route, count(*) AS count, count(*) FILTER (WHERE status_code >= 500) AS errors,
                     percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS percentiles
              FROM mcp_documents.api_requests WHERE timestamp >= $1 AND timestamp < $2 GROUP BY route) by_route
        ORDER BY count DESC, route LIMIT $3
        """);

    private static readonly BulkUpsert Batch = new(
        Map.CreateStaging, Map.CopyIntoStaging, new Query("api_requests.batch", QueryClass.Aggregate, QueryAccess.Write, Map.InsertStaged), Map.CopyIntoTable);

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
            Map.Read, cancellationToken);

    /// <summary>How each route did from <paramref name="from"/> on and before <paramref name="to"/>, the <paramref name="most"/> busiest.</summary>
    public Task<List<RouteStats>> StatsAsync(DateTimeOffset from, DateTimeOffset to, int most, CancellationToken cancellationToken) =>
        database.ListAsync(StatsQuery, [Sql.Time(from), Sql.Time(to), Sql.Int(most)], ReadStats, cancellationToken);

    /// <summary>Stores many requests, all or none; those whose id is there already change nothing. Returns how many are new.</summary>
    public async Task<int> InsertManyAsync(IReadOnlyList<ApiRequest> requests, CancellationToken cancellationToken)
    {
        // By id: two batches with the same requests lock them in the same order.
        var sorted = requests.OrderBy(request => request.Id).ToList();
        return await Batch.AppendAsync(database, sorted, Map.WriteAsync, reader => reader.GetInt32(0), cancellationToken);
    }

    private static RouteStats ReadStats(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetInt64(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4), row.GetDouble(5));
}
