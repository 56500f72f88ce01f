using System.Text.Json;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.DataLayer.Performance;

/// <summary>How Postgres runs the product's queries, with parameters that they really had.</summary>
public sealed class QueryPlans(StoryDatabase database)
{
    private static readonly Query LargeTablesQuery = new("performance.large_tables", QueryClass.Simple, QueryAccess.Read, """
        SELECT relname::text FROM pg_class
        WHERE relnamespace = 'mcp_documents'::regnamespace AND relkind = 'r' AND reltuples >= 10000
        """);

    /// <summary>A plan for each query that this process has run.</summary>
    public async Task<List<NamedPlan>> ExplainAsync(CancellationToken cancellationToken)
    {
        var large = (await database.ListAsync(LargeTablesQuery, [], row => row.GetString(0), cancellationToken)).ToHashSet();
        var plans = new List<NamedPlan>();
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        foreach (var (query, parameters) in database.Samples.All)
        {
            await using var command = new NpgsqlCommand($"EXPLAIN (VERBOSE, FORMAT JSON) {query.Sql}", connection);
            command.CommandTimeout = database.QuickSeconds;
            command.Parameters.AddRange(parameters);
            plans.Add(Read(query, (string)(await command.ExecuteScalarAsync(cancellationToken))!, large));
        }

        return plans;
    }

    /// <summary>The plan of a statement that Postgres has kept without its constants; null where it cannot be planned by itself.</summary>
    public async Task<string?> ExplainAsync(string normalized, CancellationToken cancellationToken)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await RunAsync("SET LOCAL plan_cache_mode = force_generic_plan; SET TRANSACTION READ ONLY");
            await RunAsync($"PREPARE looked_at AS {normalized}");
            var parameters = (int)(await RunAsync("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'looked_at'"))!;
            var values = parameters == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("NULL", parameters))})";
            var plan = (string)(await RunAsync($"EXPLAIN (FORMAT JSON) EXECUTE looked_at{values}"))!;
            await RunAsync("DEALLOCATE looked_at");
            return plan;
        }
        catch (PostgresException)
        {
            return null;
        }

        async Task<object?> RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.CommandTimeout = database.QuickSeconds;
            return await command.ExecuteScalarAsync(cancellationToken);
        }
    }

    private static NamedPlan Read(Query query, string text, HashSet<string> large)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement[0];
        var scans = Nodes(root.GetProperty("Plan"))
            .Where(node => node.GetProperty("Node Type").GetString() == "Seq Scan" && large.Contains(node.GetProperty("Relation Name").GetString()!))
            .Select(node => node.GetProperty("Relation Name").GetString()!);
        return new NamedPlan(
            query.Name, query.Class, root.TryGetProperty("Query Identifier", out var id) ? id.GetInt64() : null,
            root.GetProperty("Plan").GetProperty("Total Cost").GetDouble(), [.. scans.Distinct()], text);
    }

    private static IEnumerable<JsonElement> Nodes(JsonElement node) =>
        node.TryGetProperty("Plans", out var children) ? children.EnumerateArray().SelectMany(Nodes).Prepend(node) : [node];
}

/// <summary>The plan of one of the product's queries.</summary>
/// <param name="Name">The query's name.</param>
/// <param name="Class">What it may cost.</param>
/// <param name="QueryId">The number by which <c>pg_stat_statements</c> knows it; null where it does not.</param>
/// <param name="Cost">What the planner expects it to cost.</param>
/// <param name="FullScans">Tables of 10,000 rows and more that it reads from end to end.</param>
/// <param name="Text">The plan, as JSON.</param>
public sealed record NamedPlan(string Name, QueryClass Class, long? QueryId, double Cost, string[] FullScans, string Text);
