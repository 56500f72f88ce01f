using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using StoryPortal.DataLayer.Maintenance.Autovacuum;
using StoryPortal.DataLayer.Maintenance.IndexReport;
using StoryPortal.DataLayer.Maintenance.Retention;
using StoryPortal.DataLayer.Maintenance.Vacuum;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Maintenance;

/// <summary>What each job does to a database.</summary>
[Collection(SharedSystem.Name)]
public sealed class JobTests(StoryPortalSystem system) : IAsyncLifetime
{
    private const string Requests = """
        INSERT INTO mcp_documents.api_requests (id, request_id, timestamp, method, route, path, status_code, latency_ms)
        SELECT gen_random_uuid(), '', '2026-05-04T10:00:00Z'::timestamptz - n * interval '1 day', 'GET', '/', '/', 200, 1 FROM generate_series
        """;

    private static readonly DateTimeOffset Now = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);

    private OwnDatabase _database = null!;

    public async Task InitializeAsync() => _database = await OwnDatabase.WithTablesAsync(system);

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Vacuum_frees_dead_rows_and_makes_statistics()
    {
        await _database.RunAsync($"ALTER TABLE mcp_documents.api_requests SET (autovacuum_enabled = false); {Requests} (1, 1000) n");
        await _database.RunAsync("DELETE FROM mcp_documents.api_requests");
        await Eventually.TrueAsync(async () => await DeadRowsAsync() == "1000"); // sessions tell of their rows a moment later

        var result = await Vacuum().RunAsync(CancellationToken.None);

        Assert.Equal(1000, (long)result.Figures["api_requests"]!["dead_rows_before"]!);
        Assert.Equal("0", await DeadRowsAsync());
        Assert.Equal(["2"], await _database.TextsAsync("SELECT count(*) FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL AND last_analyze IS NOT NULL"));
    }

    [Fact]
    public async Task A_vacuum_that_waits_for_a_table_is_cancelled_by_a_shutdown()
    {
        await using var holder = await HoldAsync("LOCK TABLE mcp_documents.events IN SHARE UPDATE EXCLUSIVE MODE");
        using var shutdown = new CancellationTokenSource();
        var run = Vacuum().RunAsync(shutdown.Token);
        await Eventually.TrueAsync(async () => (await WaitingAsync()).Count == 1);

        await shutdown.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await Eventually.TrueAsync(async () => (await WaitingAsync()).Count == 0);

        Task<List<string>> WaitingAsync() => _database.TextsAsync(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'VACUUM%' AND wait_event_type = 'Lock'");
    }

    [Fact]
    public async Task Retention_deletes_what_is_too_old_in_batches_and_nothing_else()
    {
        await _database.RunAsync($"{Requests} (1, 60) n");
        await _database.RunAsync("""
            INSERT INTO mcp_documents.events (id, type, timestamp) SELECT gen_random_uuid(), 'old', '2000-01-01' FROM generate_series(1, 9);
            INSERT INTO mcp_documents.idempotency_keys (key, caller, method, path, body_hash, created_at)
            SELECT n::text, '', 'POST', '/', '', '2026-05-04T10:30:00Z'::timestamptz - n * interval '1 hour' FROM generate_series(1, 30) n;
            INSERT INTO mcp_documents.service_owners (service_name, owner_id, owner_name, since, idle_since) VALUES
                ('live', '', '', '2020-01-01', NULL), ('idle', '', '', '2020-01-01', '2026-04-20'), ('left', '', '', '2020-01-01', '2026-04-01')
            """);

        // Three full batches of requests, and then none.
        var result = await RetentionAsync(new RetentionOptions { BatchSize = 10, PauseMilliseconds = 0 });

        Assert.Equal(30, (long)result["api_requests"]!["deleted"]!);
        Assert.Equal(6, (long)result["idempotency_keys"]!["deleted"]!);
        Assert.Equal(["idle", "live"], await _database.TextsAsync("SELECT service_name FROM mcp_documents.service_owners ORDER BY 1"));
        Assert.Equal(["30"], await _database.TextsAsync("SELECT count(*) FROM mcp_documents.api_requests WHERE timestamp >= '2026-04-04T10:00:00Z'"));
        Assert.Equal(["30"], await _database.TextsAsync("SELECT count(*) FROM mcp_documents.api_requests"));
        Assert.Equal(["9"], await _database.TextsAsync("SELECT count(*) FROM mcp_documents.events"));
    }

    [Fact]
    public async Task Retention_is_configured_by_table_and_takes_many_rows_of_one_time()
    {
        await _database.RunAsync("""
            INSERT INTO mcp_documents.events (id, type, timestamp) SELECT gen_random_uuid(), 'old', '2000-01-01' FROM generate_series(1, 25)
            """);
        await _database.RunAsync($"{Requests} (1, 60) n");

        var result = await RetentionAsync(new RetentionOptions { BatchSize = 10, PauseMilliseconds = 0, Days = { ["events"] = 0.5, ["api_requests"] = 0 } });

        Assert.Equal(25, (long)result["events"]!["deleted"]!);
        Assert.Null(result["api_requests"]);
        Assert.Equal(["60"], await _database.TextsAsync("SELECT count(*) FROM mcp_documents.api_requests"));
    }

    [Fact]
    public async Task Retention_never_waits_for_a_row_that_somebody_holds()
    {
        await _database.RunAsync($"{Requests} (31, 40) n");
        await using var holder = await HoldAsync("SELECT FROM mcp_documents.api_requests ORDER BY timestamp LIMIT 1 FOR UPDATE");
        var result = await RetentionAsync(new RetentionOptions { BatchSize = 3, PauseMilliseconds = 0 });
        Assert.Equal(9, (long)result["api_requests"]!["deleted"]!);

        await using (var release = new NpgsqlCommand("ROLLBACK", holder))
        {
            await release.ExecuteNonQueryAsync();
        }

        result = await RetentionAsync(new RetentionOptions());
        Assert.Equal(1, (long)result["api_requests"]!["deleted"]!);
    }

    [Fact]
    public async Task Autovacuum_settings_are_set_where_the_server_differs_and_only_there()
    {
        // The system's server has what is wanted by default.
        await AutovacuumAsync(new AutovacuumOptions());
        Assert.Equal([""], await SettingsAsync());

        await AutovacuumAsync(new AutovacuumOptions { VacuumScaleFactor = 0.02 });
        Assert.Equal(["{autovacuum_vacuum_scale_factor=0.02}"], await SettingsAsync());

        var before = await VersionsAsync();
        var result = await AutovacuumAsync(new AutovacuumOptions { VacuumScaleFactor = 0.02 });
        Assert.Equal("Every table has the wanted settings", result);
        Assert.Equal(before, await VersionsAsync());

        await AutovacuumAsync(new AutovacuumOptions { AnalyzeScaleFactor = 0.2 });
        Assert.Equal(["{autovacuum_vacuum_scale_factor=0.1,autovacuum_analyze_scale_factor=0.2}"], await SettingsAsync());
    }

    [Fact]
    public async Task The_index_report_tells_what_is_used_and_how_much_is_air()
    {
        await _database.RunAsync("""
            CREATE INDEX idx_used ON mcp_documents.api_requests (timestamp);
            CREATE INDEX idx_idle ON mcp_documents.api_requests (route, timestamp)
            """);
        await _database.RunAsync($"{Requests} (1, 20000) n");
        await _database.RunAsync("DELETE FROM mcp_documents.api_requests WHERE timestamp < '2026-05-04T10:00:00Z'::timestamptz - interval '5000 days'");
        await _database.RunAsync("VACUUM ANALYZE mcp_documents.api_requests");
        await _database.RunAsync("BEGIN; SET LOCAL enable_seqscan = off; SELECT count(*) FROM mcp_documents.api_requests WHERE timestamp = now(); COMMIT");

        var job = new IndexReportJob(_database.Queries, Options.Create(new IndexReportOptions()));
        await Eventually.TrueAsync(async () => !(await job.RunAsync(CancellationToken.None)).Summary.Contains("idx_used", StringComparison.Ordinal));

        var report = await job.RunAsync(CancellationToken.None);
        Assert.Contains("idx_idle", report.Summary, StringComparison.Ordinal);
        var indexes = report.Figures["indexes"]!.AsArray().ToDictionary(index => (string)index!["index"]!);
        Assert.True((bool)indexes["idx_idle"]!["unused"]!);
        Assert.InRange((int)indexes["idx_used"]!["bloat_percent"]!, 50, 90);
        Assert.False((bool)indexes["api_requests_pkey"]!["unused"]!);
        var requests = report.Figures["tables"]!.AsArray().Single(table => (string)table!["table"]! == "api_requests")!;
        Assert.NotNull(requests["vacuumed_at"]);
        Assert.InRange((int)requests["bloat_percent"]!, 0, 90);
    }

    private VacuumJob Vacuum() => new(_database.Queries, Options.Create(new VacuumOptions()), TimeProvider.System);

    // Until the transaction ends.
    private async Task<NpgsqlConnection> HoldAsync(string sql)
    {
        var session = await _database.Direct.OpenAsync(CancellationToken.None);
        await using var hold = new NpgsqlCommand($"BEGIN; {sql}", session);
        await hold.ExecuteNonQueryAsync();
        return session;
    }

    private async Task<System.Text.Json.Nodes.JsonNode> RetentionAsync(RetentionOptions options) =>
        (await new RetentionJob(_database.Queries, Options.Create(options), new FakeTimeProvider(Now)).RunAsync(CancellationToken.None)).Figures;

    private async Task<string> AutovacuumAsync(AutovacuumOptions options) =>
        (await new AutovacuumJob(_database.Queries, Options.Create(options)).RunAsync(CancellationToken.None)).Summary;

    private async Task<string> DeadRowsAsync() =>
        Assert.Single(await _database.TextsAsync("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'api_requests'"));

    private Task<List<string>> SettingsAsync() =>
        _database.TextsAsync("SELECT coalesce(reloptions::text, '') FROM pg_class WHERE oid = 'mcp_documents.events'::regclass");

    private Task<List<string>> VersionsAsync() =>
        _database.TextsAsync("SELECT xmin::text FROM pg_class WHERE relnamespace = 'mcp_documents'::regnamespace AND relkind = 'r' ORDER BY oid");
}
