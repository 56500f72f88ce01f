using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Schema;
using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Schema;

/// <summary>The schema, built in a database of its own on the system's server.</summary>
[Collection(SharedSystem.Name)]
public sealed class SchemaTests(StoryPortalSystem system) : IAsyncLifetime
{
    private static readonly string[] Tables =
    [
        "agent_event_counts", "agent_event_hours", "agents", "api_keys", "api_requests", "event_counts", "event_counts_progress", "events", "idempotency_keys", "maintenance_jobs",
        "model_configs", "performance_baselines", "quality_scores", "schema_versions", "service_instances", "service_registry", "services", "sessions",
    ];

    private static readonly string[] NamedIndexes =
    [
        "idx_agents_created_at", "idx_agents_status", "idx_api_requests_status_code", "idx_api_requests_timestamp", "idx_events_agent_id",
        "idx_events_type_timestamp", "idx_quality_scores_component", "idx_sessions_active",
    ];

    private OwnDatabase _database = null!;

    public async Task InitializeAsync() => _database = await OwnDatabase.CreateAsync(system);

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Several_workers_at_once_make_every_table_and_every_index_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => MigrateAsync()));

        Assert.Superset(Tables.ToHashSet(), (await _database.TextsAsync("SELECT tablename FROM pg_tables WHERE schemaname = 'mcp_documents'")).ToHashSet());
        var indexes = await ValidIndexesAsync();
        Assert.Superset(NamedIndexes.ToHashSet(), indexes.ToHashSet());
        Assert.Distinct(await _database.TextsAsync("SELECT scriptname FROM mcp_documents.schema_versions"));
    }

    [Fact]
    public async Task Applying_it_again_changes_nothing()
    {
        await MigrateAsync();
        var before = await ObjectsAsync();
        await MigrateAsync();
        Assert.Equal(before, await ObjectsAsync());
    }

    [Fact]
    public async Task An_index_that_a_crash_left_invalid_is_built_again()
    {
        await MigrateAsync();
        await _database.RunAsync("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mcp_documents.idx_agents_status'::regclass");
        Assert.DoesNotContain("idx_agents_status", await ValidIndexesAsync());

        await MigrateAsync();
        Assert.Contains("idx_agents_status", await ValidIndexesAsync());
    }

    [Fact]
    public async Task A_database_that_goes_away_before_the_scripts_run_is_told_as_such_so_that_the_worker_tries_again()
    {
        var away = new DirectConnection(new NpgsqlConnectionStringBuilder(_database.Direct.String) { Port = 1 }.ConnectionString);
        var migration = new SchemaMigration(away, TimeProvider.System, NullLogger<SchemaMigration>.Instance);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => migration.ApplyAsync(CancellationToken.None));
    }

    private async Task MigrateAsync()
    {
        await _database.MigrateAsync();
        await new IndexBuilder(_database.Direct, TimeProvider.System, NullLogger<IndexBuilder>.Instance).BuildAsync(CancellationToken.None);
    }

    private Task<List<string>> ObjectsAsync() =>
        _database.TextsAsync("SELECT oid FROM pg_class WHERE relnamespace = 'mcp_documents'::regnamespace ORDER BY 1");

    private Task<List<string>> ValidIndexesAsync() => _database.TextsAsync("""
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'mcp_documents'::regnamespace AND i.indisvalid ORDER BY 1
        """);
}
