using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using StoryPortal.DataLayer.Events;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>A transaction that writes events and stays open holds up everybody who follows their order; that shows.</summary>
[Collection(SharedSystem.Name)]
public sealed class EventOrderTests(StoryPortalSystem system)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Whoever_holds_up_the_events_is_named_until_he_ends()
    {
        await using var database = await OwnDatabase.WithTablesAsync(system);
        var time = new FakeTimeProvider();
        var sequence = new EventSequence(database.Queries, time, database.Meters, NullLogger<EventSequence>.Instance);
        var check = new EventOrderCheck(sequence);
        await using var foreign = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Direct.String) { ApplicationName = "somebody's psql" }.ConnectionString);
        await foreign.OpenAsync();
        await using var transaction = await foreign.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand("INSERT INTO mcp_documents.events (id, type, timestamp, payload, received_at) VALUES (gen_random_uuid(), 'open', now(), '{}', now())", foreign, transaction))
        {
            await write.ExecuteNonQueryAsync();
        }

        var settled = sequence.SettleAsync(Look, CancellationToken.None);
        await PassesAsync(TimeSpan.FromSeconds(10), () => Task.FromResult(time.GetUtcNow() > Start + TimeSpan.FromSeconds(10)));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status); // a batch may take that long

        await PassesAsync(TimeSpan.FromSeconds(1), async () => (await CheckAsync()).Status == HealthStatus.Degraded);
        Assert.Contains("somebody's psql, idle in transaction", (await CheckAsync()).Description, StringComparison.Ordinal);

        await transaction.CommitAsync();
        await PassesAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(settled.IsCompleted));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);

        Task<HealthCheckResult> CheckAsync() => check.CheckHealthAsync(new HealthCheckContext { Registration = new("event-order", check, HealthStatus.Degraded, []) });

        Task PassesAsync(TimeSpan step, Func<Task<bool>> until) => Eventually.TrueAsync(async () =>
        {
            time.Advance(step);
            return await until();
        });
    }

    private static readonly DateTimeOffset Start = new FakeTimeProvider().GetUtcNow();
}
