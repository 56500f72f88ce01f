using StoryPortal.Bench.Scenarios.Reads;
using StoryPortal.Generator;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.LoadTests;

/// <summary>The queries that the benchmark shares with the product: a whole run takes too long for a test.</summary>
[Collection(SharedSystem.Name)]
public sealed class BenchmarkQueryTests(StoryPortalSystem system)
{
    [Fact]
    public async Task Every_measured_query_runs()
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
