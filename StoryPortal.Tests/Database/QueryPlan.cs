using System.Text.Json;
using Npgsql;
using StoryPortal.DataLayer.Database;

namespace StoryPortal.Tests.Database;

/// <summary>How Postgres would run a query that is planned once for all parameters.</summary>
internal sealed record QueryPlan(Query Query, string Text)
{
    private static readonly string[] LargeTables = ["events", "api_requests"];

    /// <summary>Asks Postgres. The types of parameters are those that the text itself demands.</summary>
    public static async Task<QueryPlan> OfAsync(Query query, NpgsqlConnection connection)
    {
        try
        {
            await RunAsync($"PREPARE planned AS {query.Sql}", connection);
            var parameters = (int)(await RunAsync("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'planned'", connection))!;
            var values = parameters == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("NULL", parameters))})";
            var plan = (string)(await RunAsync($"EXPLAIN (FORMAT JSON) EXECUTE planned{values}", connection))!;
            await RunAsync("DEALLOCATE planned", connection);
            return new QueryPlan(query, plan);
        }
        catch (PostgresException exception)
        {
            throw new InvalidOperationException($"{query.Name} cannot be planned: {exception.MessageText} ($1::uuid[] says what $1 is.)\n{query.Sql}", exception);
        }
    }

    /// <summary>What in the plan reads a whole large table, if anything does.</summary>
    public IEnumerable<string> Offences()
    {
        using var document = JsonDocument.Parse(Text);
        return [.. Nodes(document.RootElement[0].GetProperty("Plan")).Select(Offence).OfType<string>()];
    }

    private static string? Offence(JsonElement node)
    {
        if (!node.TryGetProperty("Relation Name", out var relation) || !LargeTables.Contains(relation.GetString()))
        {
            return null;
        }

        // An index without a condition is walked from its start: fine to fill a page, but with a filter it may go on to the table's end.
        var walks = node.TryGetProperty("Index Name", out _) && !node.TryGetProperty("Index Cond", out _) && node.TryGetProperty("Filter", out _);
        return node.GetProperty("Node Type").GetString() switch
        {
            "Seq Scan" => $"a sequential scan of {relation}",
            _ when walks => $"a walk over all of {node.GetProperty("Index Name")} that filters {relation}",
            _ => null,
        };
    }

    /// <summary>A node of a plan, and all below it.</summary>
    public static IEnumerable<JsonElement> Nodes(JsonElement node) =>
        node.TryGetProperty("Plans", out var children) ? children.EnumerateArray().SelectMany(Nodes).Prepend(node) : [node];

    private static async Task<object?> RunAsync(string sql, NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
