using StoryPortal.DataLayer.Database;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Database;

/// <summary>A lock is held by one session, and never outlives it.</summary>
[Collection(SharedSystem.Name)]
public sealed class AdvisoryLockTests(StoryPortalSystem system)
{
    private readonly DirectConnection _database = new(system.ConnectionString);
    private readonly long _key = Random.Shared.NextInt64();

    [Fact]
    public async Task One_holds_it_until_it_is_given_back()
    {
        await using (await AcquireAsync())
        {
            Assert.Null(await TryAsync());
        }

        await using var next = await TryAsync();
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_session_that_is_lost_loses_it_and_giving_it_back_is_no_error()
    {
        await using (var held = await AcquireAsync())
        {
            await using var terminate = system.Database.CreateCommand($"SELECT pg_terminate_backend({held.Connection.ProcessID})");
            await terminate.ExecuteScalarAsync();
            await using var next = await AcquireAsync();
        }
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_leaves_nothing_behind()
    {
        using var shutdown = new CancellationTokenSource();
        Task waiting;
        await using (await AcquireAsync())
        {
            waiting = AdvisoryLock.AcquireAsync(_database, _key, TimeProvider.System, shutdown.Token);
            await shutdown.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await using var next = await AcquireAsync();
    }

    private Task<AdvisoryLock> AcquireAsync() => AdvisoryLock.AcquireAsync(_database, _key, TimeProvider.System, CancellationToken.None);

    private Task<AdvisoryLock?> TryAsync() => AdvisoryLock.TryAcquireAsync(_database, _key, CancellationToken.None);
}
