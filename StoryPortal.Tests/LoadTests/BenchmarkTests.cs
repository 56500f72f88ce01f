using StoryPortal.Bench.Scenarios.Reads;
using StoryPortal.Generator;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.LoadTests;

/// <summary>The benchmark takes too long to be run here. What it shares with the product is, so that it does not fail when somebody has waited for it.</summary>
[Collection(SharedSystem.Name)]
public sealed class BenchmarkTests(StoryPortalSystem system)
{
    [Fact]
    public async Task Its_stores_answer_every_query_that_it_measures()
    {
        var dataset = new Dataset(DatasetSize.Full.Scaled(0.001));
        await using var database = await GeneratedDatabase.CreateAsync(system.ConnectionString, dataset, _ => { }, CancellationToken.None);
        await using var stores = ReadStores.Create(database.ConnectionString, dataset);
        foreach (var query in ReadQueries.All)
        {
            await query.RunAsync(stores, new Random(1), CancellationToken.None);
        }
    }
}
