using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.GroupCommit;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Events;

/// <summary>Events that share a commit, in the real database.</summary>
[Collection(SharedSystem.Name)]
public sealed class EventWriterTests(StoryPortalSystem system) : IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddLogging()
        .AddSingleton(system.Database).AddSingleton(new DatabaseOptions()).AddSingleton(TimeProvider.System)
        .AddSingleton<StoryDatabase>().AddSingleton<GroupCommitMetrics>()
        .AddSingleton(Options.Create(new GroupCommitOptions { Concurrency = 4, AnswerWithinSeconds = 60 }))
        .AddSingleton(new EventNews(redis: null, backplane: null)).AddSingleton<EventWriter>()
        .BuildServiceProvider();

    private readonly string _type = $"event-writer-{Guid.NewGuid():N}";

    private EventWriter Writer => _services.GetRequiredService<EventWriter>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Writer.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task An_event_that_the_database_refuses_fails_alone_among_those_of_its_commit()
    {
        // Queued before the writer starts, so all of them are in one commit. Validation would have stopped the long type.
        var events = Enumerable.Range(0, 100).Select(i => New(i == 57 ? new string('x', 201) : _type)).ToList();
        var writes = events.Select(e => Writer.WriteAsync(e, CancellationToken.None)).ToList();
        await Writer.StartAsync(CancellationToken.None);

        await Assert.ThrowsAsync<PostgresException>(() => writes[57]);
        writes.RemoveAt(57);
        Assert.All(await Task.WhenAll(writes), Assert.True);
        Assert.Equal(99L, await CountAsync());
    }

    [Fact]
    public async Task Writers_with_the_same_events_in_any_order_store_each_once()
    {
        await Writer.StartAsync(CancellationToken.None);
        var events = Enumerable.Range(0, 50).Select(_ => New(_type)).ToList();
        var created = await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(_ => events.OrderBy(_ => Random.Shared.Next()))
            .Select(e => Writer.WriteAsync(e, CancellationToken.None)));

        Assert.Equal(50, created.Count(isNew => isNew));
        Assert.Equal(50L, await CountAsync());
    }

    private static Event New(string type) => new()
    {
        Id = Guid.NewGuid(),
        Type = type,
        Timestamp = DateTimeOffset.UnixEpoch,
        Payload = default,
        ReceivedAt = DateTimeOffset.UnixEpoch,
    };

    private async Task<long> CountAsync()
    {
        await using var command = system.Database.CreateCommand("SELECT count(*) FROM mcp_documents.events WHERE type = $1");
        command.Parameters.AddWithValue(_type);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
