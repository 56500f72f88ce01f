using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Schema;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Schema;

/// <summary>Index builds beside transactions that stay open, and builds that are cut off.</summary>
[Collection(SharedSystem.Name)]
public sealed class IndexBuildTests(StoryPortalSystem system) : IAsyncLifetime
{
    private const string Name = "idx_agents_status";

    private OwnDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await OwnDatabase.WithTablesAsync(system);
        await Builder().BuildAsync(CancellationToken.None);
        await _database.RunAsync($"DROP INDEX mcp_documents.{Name}");
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_build_waits_for_older_transactions_and_the_worker_is_degraded_until_it_is_done()
    {
        await using var old = await OldTransactionAsync();
        var builder = Builder();
        var build = builder.BuildAsync(CancellationToken.None);
        await WaitingBuildAsync();

        var waiting = await HealthAsync(builder);
        Assert.Equal(HealthStatus.Degraded, waiting.Status);
        Assert.Contains(Name, waiting.Description, StringComparison.Ordinal);

        await old.CloseAsync();
        await build;
        Assert.Equal(HealthStatus.Healthy, (await HealthAsync(builder)).Status);
        Assert.Equal("True", await StateAsync());
    }

    [Fact]
    public async Task A_build_whose_session_is_lost_leaves_an_invalid_index_that_the_next_build_repairs()
    {
        await using var old = await OldTransactionAsync();
        var cutOff = Builder().BuildAsync(CancellationToken.None);
        await _database.TextsAsync($"SELECT pg_terminate_backend({await WaitingBuildAsync()})");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => cutOff);
        Assert.Equal("False", await StateAsync());

        var repair = Builder().BuildAsync(CancellationToken.None);
        await WaitingBuildAsync();
        await old.CloseAsync();
        await repair;
        Assert.Equal("True", await StateAsync());
    }

    [Fact]
    public async Task A_second_builder_waits_for_the_first_and_finds_nothing_left_to_do()
    {
        await using var old = await OldTransactionAsync();
        var first = Builder().BuildAsync(CancellationToken.None);
        await WaitingBuildAsync();
        var second = Builder().BuildAsync(CancellationToken.None);
        await old.CloseAsync();

        await Task.WhenAll(first, second);
        Assert.Equal("True", await StateAsync());
    }

    [Fact]
    public async Task A_shutdown_in_the_middle_of_a_build_cancels_it()
    {
        await using var old = await OldTransactionAsync();
        using var shutdown = new CancellationTokenSource();
        var build = Builder().BuildAsync(shutdown.Token);
        await WaitingBuildAsync();

        await shutdown.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        Assert.Empty(await _database.TextsAsync(Building));
    }

    private const string Building =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event = 'virtualxid'";

    private IndexBuilder Builder() => new(_database.Direct, TimeProvider.System, NullLogger<IndexBuilder>.Instance);

    private static Task<HealthCheckResult> HealthAsync(IndexBuilder builder) =>
        builder.CheckHealthAsync(new HealthCheckContext { Registration = new("indexes", builder, HealthStatus.Degraded, []) });

    // A snapshot of the database, and no lock on any of its tables.
    private async Task<NpgsqlConnection> OldTransactionAsync()
    {
        var session = await _database.Direct.OpenAsync(CancellationToken.None);
        await using var begin = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", session);
        await begin.ExecuteNonQueryAsync();
        return session;
    }

    private async Task<string> WaitingBuildAsync()
    {
        List<string> sessions = [];
        await Eventually.TrueAsync(async () => (sessions = await _database.TextsAsync(Building)).Count == 1);
        return sessions[0];
    }

    private async Task<string> StateAsync() =>
        Assert.Single(await _database.TextsAsync($"SELECT indisvalid FROM pg_index WHERE indexrelid = 'mcp_documents.{Name}'::regclass"));
}
