using StoryPortal.DataLayer.Agents;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Paging;
using StoryPortal.Generator;

namespace StoryPortal.Bench.Rows.Reads;

/// <summary>A read that is asked for all the time.</summary>
/// <param name="Name">What is read.</param>
/// <param name="TargetMilliseconds">What its class of query may take.</param>
/// <param name="Ask">Asks once.</param>
internal sealed record ReadQuery(string Name, double TargetMilliseconds, Func<Stores, Random, CancellationToken, Task> Ask);

/// <summary>The reads that have a target.</summary>
internal static class ReadQueries
{
    private const int Page = 50;
    private const int EventsOfEach = 10;

    private static readonly WeightedChoice Types = WeightedChoice.Zipf(Dataset.EventTypes.Count);

    public static IReadOnlyList<ReadQuery> All { get; } =
    [
        new("events by type", 10, (stores, random, cancellationToken) => stores.Events.ListAsync(
            new EventFilter(Dataset.EventTypes[Types.Next(random)], null, null, null, null, null, Page), cancellationToken).CountAsync(cancellationToken).AsTask()),
        new("events by agent", 10, (stores, random, cancellationToken) => stores.Events.ListAsync(
            new EventFilter(null, Busy(stores, random), null, null, null, null, Page), cancellationToken).CountAsync(cancellationToken).AsTask()),
        new("agents with events", 50, (stores, random, cancellationToken) => stores.Agents.ListAsync(
            new AgentFilter(Status(random), null, null, Page, new IncludedEvents(EventsOfEach, new PagingOptions().MaxBytes)), cancellationToken).CountAsync(cancellationToken).AsTask()),
    ];

    // Zipf without a table: busy agents are read as much more often as they do more.
    private static Guid Busy(Stores stores, Random random) => stores.Dataset.Agents[(int)Math.Pow(stores.Dataset.Agents.Count, random.NextDouble()) - 1];

    private static AgentStatus Status(Random random) => (AgentStatus)random.Next(Enum.GetValues<AgentStatus>().Length);
}
