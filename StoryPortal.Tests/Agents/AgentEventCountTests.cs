using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Schema;
using StoryPortal.Tests.Database;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Agents;

/// <summary>The events of an agent's overview are exact at every moment, and counting them does not become slower with every event that is stored.</summary>
[Collection(SharedSystem.Name)]
public sealed class AgentEventCountTests(StoryPortalSystem system) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly Guid _agent = Guid.NewGuid();
    private OwnDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await OwnDatabase.WithTablesAsync(system);
        await new IndexBuilder(_database.Direct, TimeProvider.System, NullLogger<IndexBuilder>.Instance).BuildAsync(CancellationToken.None);
        await _database.RunAsync($"INSERT INTO mcp_documents.agents VALUES ('{_agent}', 'Ada', 'writer', 'active', '{{}}', '{{}}', now(), now())");
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task They_are_the_same_before_and_after_the_worker_has_counted_them()
    {
        // One just too old for the day, one just not, which lies in part of an hour, and some in whole ones, one of them in the future.
        await StoreAsync(TimeSpan.FromHours(24.01), TimeSpan.FromHours(23.99), TimeSpan.FromHours(12), TimeSpan.FromHours(12), TimeSpan.FromMinutes(1), TimeSpan.FromHours(-1), TimeSpan.FromDays(9));
        Assert.Equal((7, 5), await EventsAsync());
        await CountAsync();
        Assert.Equal((7, 5), await EventsAsync());

        await StoreAsync(TimeSpan.FromHours(12), TimeSpan.FromDays(3));
        Assert.Equal((9, 6), await EventsAsync());
        await CountAsync();
        Assert.Equal((9, 6), await EventsAsync());
    }

    [Fact]
    public async Task Those_that_are_deleted_are_not_counted_any_more()
    {
        await StoreAsync(TimeSpan.FromHours(12), TimeSpan.FromHours(2), TimeSpan.FromDays(9));
        await CountAsync();
        await _database.RunAsync("DELETE FROM mcp_documents.events WHERE timestamp < now() - interval '6 hours'");
        Assert.Equal((1, 1), await EventsAsync());

        await _database.RunAsync("TRUNCATE mcp_documents.events");
        Assert.Equal((0, 0), await EventsAsync());
    }

    [Fact]
    public async Task Those_that_were_counted_by_an_older_version_are_counted_by_agent_when_the_schema_is_brought_up_to_date()
    {
        await StoreAsync(TimeSpan.FromHours(12), TimeSpan.FromHours(2), TimeSpan.FromDays(9));
        await CountAsync();
        await StoreAsync(TimeSpan.FromHours(1));
        await _database.RunAsync("DROP TABLE mcp_documents.agent_event_counts, mcp_documents.agent_event_hours");
        await _database.RunAsync("DELETE FROM mcp_documents.schema_versions WHERE scriptname LIKE '%0008_agent_event_counts.sql'");

        await _database.MigrateAsync();
        Assert.Equal((4, 3), await EventsAsync());
        await CountAsync();
        Assert.Equal((4, 3), await EventsAsync());
    }

    [Fact]
    public async Task Those_that_the_worker_has_counted_are_not_read()
    {
        const int Many = 5000;
        await StoreAsync([.. Enumerable.Repeat(TimeSpan.FromHours(1), Many)]);
        await CountAsync();
        await _database.RunAsync("VACUUM ANALYZE mcp_documents.events");

        Assert.Equal((Many, Many), await EventsAsync());
        Assert.InRange(await EventsReadAsync(), 1, 100);
    }

    private Task StoreAsync(params TimeSpan[] ages) => _database.RunAsync(
        "INSERT INTO mcp_documents.events (id, type, timestamp, agent_id) SELECT gen_random_uuid(), 'counted', at, "
        + $"'{_agent}' FROM unnest('{{{string.Join(',', ages.Select(age => (Now - age).ToString("O", CultureInfo.InvariantCulture)))}}}'::timestamptz[]) at");

    private Task CountAsync() => _database.RunAsync("SELECT mcp_documents.count_events((SELECT max(seq) FROM mcp_documents.events))");

    private async Task<(long Total, long Day)> EventsAsync()
    {
        var overview = await new AgentOverviewStore(_database.Queries).GetAsync(_agent, Now, CancellationToken.None);
        return (overview!.Metrics.EventsTotal, overview.Metrics.EventsLast24Hours);
    }

    // Rows of the table, and entries of its indexes, that the overview reads.
    private async Task<double> EventsReadAsync()
    {
        await using var command = _database.Source.CreateCommand($"EXPLAIN (ANALYZE, FORMAT JSON) {ProductQueries.Texts.Single(query => query.Name == "agents.overview").Sql}");
        command.Parameters.AddRange((NpgsqlParameter[])[Sql.Uuid(_agent), Sql.Time(Now.AddHours(-24)), Sql.Int(10), Sql.Time(Now.AddHours(-23))]);
        using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync())!);
        return QueryPlan.Nodes(plan.RootElement[0].GetProperty("Plan"))
            .Where(node => node.TryGetProperty("Relation Name", out var relation) && relation.ValueEquals("events"))
            .Sum(node => (node.GetProperty("Actual Rows").GetDouble() + Number(node, "Rows Removed by Filter")) * node.GetProperty("Actual Loops").GetDouble());
    }

    private static double Number(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
}
