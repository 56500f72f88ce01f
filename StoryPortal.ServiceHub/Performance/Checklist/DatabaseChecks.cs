using System.Globalization;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Performance;
using StoryPortal.ServiceDefaults.Performance;

namespace StoryPortal.ServiceHub.Performance.Checklist;

/// <summary>Whether the database is used as it should be.</summary>
internal sealed class DatabaseChecks(PostgresDiagnostics database, QueryPlans plans) : ICheckGroup
{
    private const double SlowMs = 100;
    private const int MostSlow = 20;
    private const double MostQueries = 5;

    private static readonly string[] WriteKeywords = ["INSERT INTO", "UPDATE mcp_documents", "DELETE FROM"];
    private const int AutovacuumWorkers = 3;

    // Their requests are many in one, as a warm-up that reads a bit of everything, or look at the system itself.
    private static readonly string[] Unbounded = ["/v1/batch", "/v1/performance", "/v1/admin/cache/warm", "/internal", "/health"];

    public string Name => "Database";

    public IEnumerable<Check> Checks =>
    [
        new("indexes", "Every index of the product is there and valid", "Let the data-layer worker run: it builds what is missing and rebuilds what is invalid. Its health check `indexes` tells what it waits for.", IndexesAsync),
        new("connections_bounded", "Pools are bounded, and max_connections is 100", "Set `Database:MaxPoolSize` of each process so that all together stay below max_connections; start Postgres with max_connections=100.", PoolAsync),
        new("plans", "No slow query without a plan on record, and no plan that reads a large table from end to end", "Look at the plan with EXPLAIN and add the index that it lacks to `Schema/Indexes.cs`, or change the query.", PlansAsync),
        new("autovacuum", "Autovacuum is on and tuned", "Set autovacuum=on, autovacuum_max_workers=3, autovacuum_vacuum_scale_factor=0.1 and autovacuum_analyze_scale_factor=0.05; the job `autovacuum-settings` sets the scale factors of the large tables.", AutovacuumAsync),
        new("no_n_plus_one", $"No route makes more than {MostQueries} queries for a request", "Fetch what belongs together in one statement: a join, json_agg, or `= ANY($1)`.", QueriesAsync),
    ];

    private async Task<Finding> IndexesAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var bad = await database.BadIndexesAsync(cancellationToken);
        return Finding.Of(bad.Count == 0, bad.Count == 0
            ? $"{PostgresDiagnostics.IndexCount} indexes are there and valid."
            : string.Join(", ", bad.Select(index => $"{index.Name} {(index.IsThere ? "is invalid" : "is missing")}")));
    }

    private async Task<Finding> PoolAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var most = int.Parse((await database.SettingsAsync(["max_connections"], cancellationToken))["max_connections"], CultureInfo.InvariantCulture);
        var pools = context.Snapshots.Processes
            .Where(process => process.States.ContainsKey(MetricNames.MaxPoolConnections))
            .Select(process => (process.Service, Size: process.States[MetricNames.MaxPoolConnections].Total.Highest)).ToList();
        var all = pools.Sum(pool => pool.Size);
        return Finding.Of(most == 100 && all < most, $"max_connections is {most}; the pools may open {all}: {string.Join(", ", pools.Select(pool => $"{pool.Service} {pool.Size}"))}.");
    }

    private async Task<Finding> PlansAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var known = await plans.ExplainAsync(cancellationToken);
        if (known.Count == 0)
        {
            return Finding.Unknown("No query has run in this process yet.");
        }

        // Counting over a wide window reads what it counts.
        var offences = known.Where(plan => plan.Class != QueryClass.Aggregate && plan.FullScans.Length > 0)
            .Select(plan => $"{plan.Name} reads all of {string.Join(", ", plan.FullScans)}").ToList();

        var slow = await database.SlowQueriesAsync(SlowMs, MostSlow, cancellationToken);
        var identifiers = known.Select(plan => plan.QueryId).ToHashSet();
        foreach (var query in (slow ?? []).Where(query => IsOurs(query.Query) && !identifiers.Contains(query.QueryId)))
        {
            if (await plans.ExplainAsync(query.Query, cancellationToken) is null)
            {
                offences.Add($"{query.MeanMs:0} ms on average without a plan: query_id {query.QueryId} of /v1/performance/slow-queries");
            }
        }

        var seen = $"{known.Count} queries of the product explained with the parameters of a real run; "
            + (slow is null ? "pg_stat_statements is not there, so that slow statements cannot be told" : $"{slow.Count} statements take {SlowMs} ms and more");
        return slow is null && offences.Count == 0 ? Finding.Unknown(seen + ".") : Finding.Of(offences.Count == 0, $"{seen}{(offences.Count == 0 ? "." : $": {string.Join("; ", offences)}")}");
    }

    private async Task<Finding> AutovacuumAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var settings = await database.SettingsAsync(["autovacuum", "autovacuum_vacuum_scale_factor", "autovacuum_analyze_scale_factor", "autovacuum_max_workers"], cancellationToken);
        return Autovacuum(settings);
    }

    /// <summary>Whether the settings of autovacuum are those of the guide, or stricter scale factors.</summary>
    internal static Finding Autovacuum(IReadOnlyDictionary<string, string> settings)
    {
        var tuned = settings["autovacuum"] == "on" && Number("autovacuum_vacuum_scale_factor") <= 0.1 && Number("autovacuum_analyze_scale_factor") <= 0.05
            && Number("autovacuum_max_workers") == AutovacuumWorkers;
        return Finding.Of(tuned, string.Join(", ", settings.Select(setting => $"{setting.Key}={setting.Value}")));

        double Number(string name) => double.Parse(settings[name], CultureInfo.InvariantCulture);
    }

    private Task<Finding> QueriesAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var routes = context.Snapshots.NamesAfter(MetricNames.RequestsOf)
            .Where(route => !Unbounded.Any(root => route.StartsWith(root, StringComparison.Ordinal)) && RequestClasses.Of(HttpMethods.Get, route) != RequestClass.Stream)
            .Select(route => (Route: route, Requests: context.Snapshots.Total(MetricNames.RequestsOf + route), Queries: context.Snapshots.Total(MetricNames.QueriesOf + route)))
            .Where(route => route.Requests > 0)
            .Select(route => (route.Route, route.Requests, Each: (double)route.Queries / route.Requests)).ToList();
        if (routes.Count == 0)
        {
            return Task.FromResult(Finding.Unknown("No request of the API has been measured yet."));
        }

        var many = routes.Where(route => route.Each > MostQueries).ToList();
        var (worst, requests, each) = routes.MaxBy(route => route.Each);
        return Task.FromResult(Finding.Of(many.Count == 0, many.Count == 0
            ? $"{routes.Count} routes, {routes.Sum(route => route.Requests)} requests; the most make those of {worst}: {each:0.0} queries each, in {requests} requests."
            : string.Join("; ", many.Select(route => $"{route.Route} makes {route.Each:0.0} queries for a request"))));
    }

    // Postgres knows the text of a statement alone. A write is left out: its time grows with its rows, and the merge of a batch has no plan without its table.
    private static bool IsOurs(string query)
    {
        var start = query.AsSpan().TrimStart();
        return (start.StartsWith("SELECT", StringComparison.OrdinalIgnoreCase) || start.StartsWith("WITH", StringComparison.OrdinalIgnoreCase))
            && !WriteKeywords.Any(keyword => query.Contains(keyword, StringComparison.OrdinalIgnoreCase))
            && query.Contains("mcp_documents.", StringComparison.Ordinal);
    }
}
