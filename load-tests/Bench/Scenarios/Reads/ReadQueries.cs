using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Paging;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Scenarios.Reads;

/// <summary>A frequent read.</summary>
/// <param name="Name">What is read.</param>
/// <param name="RunAsync">Runs the query once, to the last row.</param>
internal sealed record ReadQuery(string Name, Func<ReadStores, Random, CancellationToken, Task> RunAsync);

/// <summary>The reads that are measured at the store.</summary>
internal static class ReadQueries
{
    private const int Page = 50;
    private const int EventsOfEach = 10;

    private static readonly WeightedChoice Types = WeightedChoice.Zipf(Dataset.EventTypes.Count);

    public static IReadOnlyList<ReadQuery> All { get; } =
    [
        new("events by type", (stores, random, cancellationToken) => EventsAsync(
            stores, new EventFilter(Dataset.EventTypes[Types.Next(random)], null, null, null, null, null, Page), cancellationToken)),
        new("events by agent", (stores, random, cancellationToken) => EventsAsync(
            stores, new EventFilter(null, BusyAgent(stores, random), null, null, null, null, Page), cancellationToken)),
        new("agents with events", AgentsWithEventsAsync),
    ];

    private static async Task EventsAsync(ReadStores stores, EventFilter filter, CancellationToken cancellationToken) =>
        await stores.Events.ListAsync(filter, cancellationToken).CountAsync(cancellationToken);

    private static async Task AgentsWithEventsAsync(ReadStores stores, Random random, CancellationToken cancellationToken)
    {
        var included = new IncludedEvents(EventsOfEach, new PagingOptions().MaxBytes);
        var filter = new AgentFilter(Status(random), null, null, null, Page, included);
        await stores.Agents.ListAsync(filter, cancellationToken).CountAsync(cancellationToken);
    }

    // Zipf without a table: an agent is read in proportion to its events.
    private static Guid BusyAgent(ReadStores stores, Random random) =>
        stores.Dataset.Agents[(int)Math.Pow(stores.Dataset.Agents.Count, random.NextDouble()) - 1];

    private static AgentStatus Status(Random random) => (AgentStatus)random.Next(Enum.GetValues<AgentStatus>().Length);
}
