using Npgsql;
using StoryPortal.Generator;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Database;

/// <summary>How Postgres runs every query of the product when the tables are large.</summary>
[Collection(SharedSystem.Name)]
public sealed class QueryPlanTests(StoryPortalSystem system)
{
    // Counting over a wide window reads what it counts.
    private static readonly string[] MayScan = ["events.stats_live", "api_requests.stats"];

    [Fact]
    public void Every_query_has_a_name_of_its_own_and_a_class()
    {
        Assert.NotEmpty(ProductQueries.Names);
        Assert.Equal(ProductQueries.Names.Distinct(), ProductQueries.Names);
        Assert.All(ProductQueries.Names, name => Assert.Matches("^[a-z_]+\\.[a-z_]+$", name));
        Assert.All(ProductQueries.Texts, query => Assert.True(Enum.IsDefined(query.Class)));
    }

    [Fact]
    public Task No_query_reads_all_of_the_events_or_requests() => AssertNoneReadsAllAsync(DatasetSize.Full.Scaled(0.2));

    [Fact, Trait("Category", "Long")]
    public Task No_query_reads_all_of_a_million_events_or_requests() => AssertNoneReadsAllAsync(DatasetSize.Full);

    private async Task AssertNoneReadsAllAsync(DatasetSize size)
    {
        await using var database = await GeneratedDatabase.CreateAsync(system.ConnectionString, new Dataset(size), _ => { }, CancellationToken.None);
        await using var connection = await database.Source.OpenConnectionAsync();
        await RunAsync("SET plan_cache_mode = force_generic_plan", connection);
        foreach (var table in ProductQueries.StagingTables)
        {
            await RunAsync(table, connection);
        }

        var offences = new List<string>();
        foreach (var query in ProductQueries.Texts.Where(query => !MayScan.Contains(query.Name)))
        {
            var plan = await QueryPlan.OfAsync(query, connection);
            offences.AddRange(plan.Offences().Select(offence => $"{query.Name}: {offence}\n{query.Sql}\n{plan.Text}"));
        }

        Assert.True(offences.Count == 0, string.Join("\n\n", offences));
    }

    private static async Task RunAsync(string sql, NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
